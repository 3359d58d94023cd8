package ai.konko.assistant;

import ai.konko.assistant.ContextWindow.Next;
import ai.konko.assistant.ContextWindow.Window;
import ai.konko.assistant.SummaryWriter.Answer;
import ai.konko.assistant.SummaryWriter.Told;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Message;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Status;
import ai.konko.chat.Turn;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a summary tells of what a chat's window leaves out. It is made after a turn, when
 * the window is nearly full, so that it is there when the window is cut and no turn waits for it.
 * One that fails is tried again after the next turn.
 *
 * <p>What is taken in is told by the log alone, and the log keeps a summary only if nothing has
 * changed what it is made from. So several replicas, or a process that dies, leave one summary of
 * each range or none.
 *
 * <p>Metric: {@code konko.memory.compactions}, summaries that were asked of the model, by {@code
 * outcome}, see {@link Outcome}.
 */
@Singleton
public class Compactor {
    private static final Logger LOG = Logger.getLogger(Compactor.class);

    /** How many summaries, each of a window's worth of turns, one step makes at most. */
    private static final int MOST_PARTS = 10;

    /** How many chats are looked at together: turns come first at the model and at the log. */
    private static final int MOST_AT_ONCE = 8;

    private static final int PAGE = 100;
    private static final Duration SOON = Duration.ofSeconds(1);

    private final ChatRepository repository;
    private final ContextWindow window;
    private final SummaryWriter writer;
    private final ModelEndpoint endpoint;
    private final Tokens tokens;
    private final Clock clock;
    private final MeterRegistry registry;

    /** Of each chat that is looked at now, how often that was asked for since. */
    private final Map<UUID, Integer> asked = new ConcurrentHashMap<>();

    private final Executor threads =
            Executors.newFixedThreadPool(
                    MOST_AT_ONCE, Thread.ofVirtual().name("compactor-", 0).factory());

    Compactor(
            ChatRepository repository,
            ContextWindow window,
            SummaryWriter writer,
            ModelEndpoint endpoint,
            Tokens tokens,
            Clock clock,
            MeterRegistry registry) {
        this.repository = repository;
        this.window = window;
        this.writer = writer;
        this.endpoint = endpoint;
        this.tokens = tokens;
        this.clock = clock;
        this.registry = registry;
    }

    /** What has become of a summary. */
    enum Outcome {
        KEPT,
        /** The model did not answer. */
        FAILED,
        /** Its answer was empty, cut off, too long, or no summary. */
        UNUSABLE,
        /** Something else has changed what it was made from. */
        OUTDATED
    }

    /**
     * A turn of the chat is over, or something of it was erased. Makes what summary is due, in the
     * background.
     */
    public void changed(UUID chatId) {
        if (asked.merge(chatId, 1, Integer::sum) == 1) {
            threads.execute(() -> makeAllDue(chatId));
        }
    }

    private void makeAllDue(UUID chatId) {
        int seen;
        do {
            seen = asked.getOrDefault(chatId, 1);
            try {
                makeDue(chatId);
            } catch (RefusedException refused) {
                LOG.debugf("Chat %s is not compacted: %s", chatId, refused.code());
            } catch (RuntimeException | Error failed) {
                LOG.warnf(Fault.of(failed), "Chat %s can't be compacted", chatId);
            }
        } while (!asked.remove(chatId, seen));
    }

    void makeDue(UUID chatId) {
        Chat chat = repository.chat(chatId);
        WindowBounds bounds = window.bounds(chat.settings().memory()).besideSummary();
        if (!bounds.compacts()) {
            return;
        }
        int through = due(chat, bounds);
        for (int parts = 0; through > 0 && parts < MOST_PARTS; parts++) {
            if (make(chat, bounds, through, false) == null) {
                return;
            }
        }
    }

    /**
     * Makes a summary of all turns of the window but its share that a cut leaves, and waits for it.
     * The next turn's window begins after it.
     *
     * @throws RefusedException {@link ErrorCode#NOTHING_TO_COMPACT}; {@link ErrorCode#CHAT_BUSY} if
     *     somebody else makes one; {@link ErrorCode#MODEL_FAILED} or another failure of the model's
     */
    public MemorySummary compact(UUID chatId) {
        Chat chat = repository.chat(chatId);
        WindowBounds bounds = window.bounds(chat.settings().memory()).besideSummary();
        Window now = window.before(Next.of(chatId), chat.settings().memory());
        int turns = now.turns().size();
        int kept = Math.max(1, Math.min(turns - 1, (int) (turns * bounds.keep())));
        int through =
                Math.max(
                        leftOut(chat, now),
                        endBefore(now.turns(), Pieces.newest(now.turns(), kept)));
        MemorySummary last = null;
        for (int parts = 0; parts < MOST_PARTS; parts++) {
            MemorySummary made = make(chat, bounds, through, true);
            if (made == null) {
                break;
            }
            last = made;
        }
        if (last == null) {
            throw RefusedException.nothingToCompact();
        }
        return last;
    }

    /**
     * @return the seq up to which a summary is to be there by now; 0 if none is due
     */
    private int due(Chat chat, WindowBounds bounds) {
        Next next = Next.of(chat.id());
        Window now = window.before(next, chat.settings().memory());
        List<ContextTurn> turns = now.turns();
        int leftOut = leftOut(chat, now);
        MemorySummary newest = newest(chat.id());
        int known = newest == null ? 0 : newest.throughSeq();
        boolean ahead = known > leftOut || window.isWithin(turns, next, bounds.nearlyFull());
        int coming =
                ahead
                        ? 0
                        : endBefore(
                                turns, window.newestWithin(turns, next, bounds.leftBySummary()));
        return Math.max(coming, known < leftOut ? leftOut : 0);
    }

    /** The seq of the last reply before the window. */
    private static int leftOut(Chat chat, Window now) {
        List<ContextTurn> turns = now.turns();
        return turns.isEmpty() ? chat.messageCount() : turns.getFirst().replySeq() - 2;
    }

    /**
     * @return where the summary ends that leaves these of the turns, and the newest in any case; 0
     *     if nothing is left for it
     */
    private static int endBefore(List<ContextTurn> turns, List<ContextTurn> left) {
        int kept = Pieces.whole(turns, Math.max(1, left.size()));
        return kept >= turns.size() ? 0 : turns.get(turns.size() - kept - 1).replySeq();
    }

    private @Nullable MemorySummary newest(UUID chatId) {
        return repository.summaries(chatId, Integer.MAX_VALUE, 1).stream().findFirst().orElse(null);
    }

    /**
     * Makes the next summary on the way to this seq.
     *
     * @return null if there is nothing left to take in, or, unless a client asks, if it can't be
     *     made
     */
    private @Nullable MemorySummary make(
            Chat chat, WindowBounds bounds, int through, boolean asked) {
        UUID chatId = chat.id();
        MemorySummary.Basis basis = repository.summaryBasis(chatId); // before what it is made from
        MemorySummary before = newest(chatId);
        List<Turn> turns = next(chat, bounds, basis.throughSeq(), through);
        if (turns.isEmpty()) {
            return null;
        }
        Owner owner = repository.owner(chatId);
        Answer answer =
                writer.write(
                        owner,
                        writer.model(chat.settings().modelToAsk(endpoint.defaultModel())),
                        bounds,
                        before == null ? null : before.text(),
                        Told.of(turns));
        if (answer.failure() == null) { // it costs, whether it is of use or not
            repository.count(
                    DailyUsage.ofTurn(owner, answer.model(), clock.instant(), answer.usage()));
        }
        if (answer.text() == null) {
            count(answer.failure() == null ? Outcome.UNUSABLE : Outcome.FAILED);
            LOG.warnf("Chat %s has no new summary: %s", chatId, answer.why().code().wire());
            if (!asked) {
                return null;
            }
        }
        MemorySummary summary = answer.summary(turns.getLast().reply().seq(), asked);
        MemorySummary kept = repository.keepSummary(chatId, summary, basis).orElse(null);
        count(kept == null ? Outcome.OUTDATED : Outcome.KEPT);
        if (kept == null && asked) {
            throw RefusedException.forNow(
                    ErrorCode.CHAT_BUSY,
                    "The chat was changed, or summarized, while this summary was made.",
                    SOON);
        }
        return kept;
    }

    /**
     * A window's worth of the turns that are context, or one that is longer. The chat's last one is
     * not among them if its reply can run again.
     */
    private List<Turn> next(Chat chat, WindowBounds bounds, int after, int through) {
        List<Turn> turns = new ArrayList<>();
        long left = bounds.maxTokens();
        int last = after;
        while (last < through) {
            Page<Message> page =
                    repository.messages(chat.id(), new MessageQuery(PAGE, Order.ASC, last));
            List<Message> messages = page.items();
            for (int i = 0; i + 1 < messages.size() && last < through; i += 2) {
                Turn turn = new Turn(messages.get(i), messages.get(i + 1));
                last = turn.reply().seq();
                boolean mayRunAgain =
                        last >= chat.messageCount() && turn.reply().status() == Status.INCOMPLETE;
                if (last <= through && turn.reply().isContext() && !mayRunAgain) {
                    left -= tokens.of(turn);
                    if (left < 0 && !turns.isEmpty()) {
                        return turns;
                    }
                    turns.add(turn);
                }
            }
            if (messages.size() < 2) { // it was deleted meanwhile
                return turns;
            }
        }
        return turns;
    }

    private void count(Outcome outcome) {
        Counter.builder("konko.memory.compactions")
                .description("Summaries that were asked of the model")
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(registry)
                .increment();
    }
}
