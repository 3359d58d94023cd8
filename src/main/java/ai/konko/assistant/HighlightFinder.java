package ai.konko.assistant;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Fault;
import ai.konko.chat.Highlights;
import ai.konko.chat.Highlights.Point;
import ai.konko.chat.Message;
import ai.konko.chat.Turn;
import ai.konko.chat.WellFormed;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Finds a chat's highlights. The model finds them, and each must cite a message that was sent to
 * it. If the model fails, they are extracted from the text. The model's highlights are kept until a
 * new turn has an answer. An extract is not kept, so the next request tries the model again.
 */
@ApplicationScoped
public class HighlightFinder {
    /** The most highlights of a summary. */
    public static final int MOST = 20;

    private static final Logger LOG = Logger.getLogger(HighlightFinder.class);
    private static final int LONGEST_POINT = 500;

    private final ChatRepository repository;
    private final Highlighter highlighter;
    private final ModelConfig config;
    private final Prompts prompts;
    private final TextInFlight inFlight;
    private final Map<Key, CompletableFuture<Highlights>> underWay = new ConcurrentHashMap<>();

    /** Requests that are equal in this get one answer. */
    private record Key(UUID chatId, int through, int asked, int erasures) {}

    HighlightFinder(
            ChatRepository repository,
            Highlighter highlighter,
            ModelConfig config,
            Prompts prompts,
            TextInFlight inFlight) {
        this.repository = repository;
        this.highlighter = highlighter;
        this.config = config;
        this.prompts = prompts;
        this.inFlight = inFlight;
    }

    /**
     * @param through the seq of the last reply that is an answer, up to which highlights are found
     * @param asked how many at most
     */
    public Highlights find(Chat chat, int through, int asked) {
        if (asked == 0 || through == 0) {
            return new Highlights(List.of(), asked, Highlights.By.EXTRACT, through);
        }
        Highlights kept = repository.highlights(chat.id()).orElse(null);
        return kept != null && kept.through() == through && kept.asked() >= asked
                ? first(kept, asked)
                : findOnce(chat, new Key(chat.id(), through, asked, Highlights.erasuresOf(kept)));
    }

    private static Highlights first(Highlights kept, int asked) {
        return new Highlights(
                kept.points().stream().limit(asked).toList(), asked, kept.by(), kept.through());
    }

    /** Asks the model once, however many requests come at once. */
    private Highlights findOnce(Chat chat, Key key) {
        CompletableFuture<Highlights> mine = new CompletableFuture<>();
        CompletableFuture<Highlights> others = underWay.putIfAbsent(key, mine);
        if (others != null) {
            return result(others);
        }
        try {
            List<Turn> turns = prompts.toHighlight(chat.id(), key.through());
            Highlights found = fromModel(chat, key, turns);
            if (found.by() == Highlights.By.MODEL) {
                repository.keepHighlights(chat.id(), found);
            }
            mine.complete(found);
            return found;
        } catch (RuntimeException | Error failed) {
            mine.completeExceptionally(failed);
            throw failed;
        } finally {
            underWay.remove(key);
        }
    }

    private static Highlights result(CompletableFuture<Highlights> others) {
        try {
            return others.join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException same ? same : failed;
        }
    }

    private Highlights fromModel(Chat chat, Key key, List<Turn> turns) {
        List<Message> messages =
                turns.stream()
                        .flatMap(turn -> Stream.of(turn.message(), turn.reply()))
                        .filter(message -> !message.content().isBlank()) // outputs, calls, images
                        .toList();
        List<Point> points = List.of();
        try {
            if (!messages.isEmpty()) { // else the only turn is written again at this moment
                points = cited(ask(chat, key.asked(), messages), messages, key.asked());
            }
        } catch (RuntimeException failed) {
            if (ModelException.in(failed) == null) {
                LOG.debug("The model's highlights could not be read", Fault.of(failed));
            }
        }
        return points.isEmpty()
                ? new Highlights(
                        Extract.of(messages, key.asked()),
                        key.asked(),
                        Highlights.By.EXTRACT,
                        key.through())
                : new Highlights(
                        points, key.asked(), Highlights.By.MODEL, key.through(), key.erasures());
    }

    private Highlighter.Found ask(Chat chat, int asked, List<Message> messages) {
        Prompt prompt = prompts.highlights(chat, asked, messages);
        try (TextAllowance allowance = inFlight.open(repository.owner(chat.id()))) {
            ModelParameters parameters =
                    new ModelParameters(
                            prompt,
                            Timeouts.whole(config.model().highlightsTimeout()),
                            new Cancellation(),
                            allowance);
            String transcript = prompt.messages().getFirst().content();
            return ServiceCall.call(prompt, parameters, () -> highlighter.find(transcript));
        }
    }

    /**
     * The model's highlights that have text and cite a message that was sent, in the chat's order.
     */
    private static List<Point> cited(
            Highlighter.@Nullable Found found, List<Message> messages, int asked) {
        if (found == null || found.highlights() == null) {
            return List.of();
        }
        Map<Integer, Message> bySeq = new HashMap<>();
        messages.forEach(message -> bySeq.put(message.seq(), message));
        return found.highlights().stream()
                .flatMap(each -> cited(each, bySeq).stream())
                .limit(asked)
                .sorted(Comparator.comparingInt(Cited::seq))
                .map(Cited::point)
                .toList();
    }

    private static Optional<Cited> cited(
            Highlighter.@Nullable Highlight highlight, Map<Integer, Message> bySeq) {
        if (highlight == null || highlight.text() == null || highlight.message() == null) {
            return Optional.empty();
        }
        Message message = bySeq.get(highlight.message());
        String text = Extract.cut(WellFormed.repaired(highlight.text().strip()), LONGEST_POINT);
        return message == null || text.isEmpty()
                ? Optional.empty()
                : Optional.of(new Cited(message.seq(), new Point(text, message.id())));
    }

    private record Cited(int seq, Point point) {}
}
