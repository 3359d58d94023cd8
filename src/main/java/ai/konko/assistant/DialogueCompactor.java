package ai.konko.assistant;

import ai.konko.assistant.SummaryWriter.Answer;
import ai.konko.assistant.SummaryWriter.Told;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.Memory;
import ai.konko.chat.Owner;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Role;
import ai.konko.chat.Usage;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Summarizes turns that a client has sent, which no chat need have. */
@Singleton
public class DialogueCompactor {
    private final ChatRepository repository;
    private final ContextWindow window;
    private final SummaryWriter writer;
    private final ModelEndpoint endpoint;
    private final Tokens tokens;
    private final Clock clock;

    DialogueCompactor(
            ChatRepository repository,
            ContextWindow window,
            SummaryWriter writer,
            ModelEndpoint endpoint,
            Tokens tokens,
            Clock clock) {
        this.repository = repository;
        this.window = window;
        this.writer = writer;
        this.endpoint = endpoint;
        this.tokens = tokens;
        this.clock = clock;
    }

    /**
     * A summary of turns.
     *
     * @param text names in square brackets the messages that a statement rests on, counted from 1
     * @param usage what the provider reported for it, of all calls
     */
    public record Compacted(String text, Usage usage) {
        @Override
        public String toString() {
            return "Compacted[characters=" + text.length() + "]";
        }
    }

    /**
     * Waits for the model. It is asked for each window's worth of turns.
     *
     * @param model null for the configured one
     * @param before what comes before the turns; null for nothing
     * @param turns at least one
     * @throws ai.konko.chat.RefusedException for a failure of the model's
     */
    public Compacted compact(
            Owner owner, @Nullable String model, @Nullable String before, List<PastTurn> turns) {
        WindowBounds bounds = window.bounds(Memory.NONE).besideSummary();
        String asked = writer.model(model == null ? endpoint.defaultModel() : model);
        String summary = before;
        Usage usage = Usage.NONE;
        for (List<Told> part : parts(bounds, turns)) {
            Answer answer = writer.write(owner, asked, bounds, summary, part);
            if (answer.failure() == null) {
                repository.count(DailyUsage.ofTurn(owner, asked, clock.instant(), answer.usage()));
            }
            summary = answer.required();
            usage = DailyUsage.orNone(answer.usage()).plus(usage);
        }
        return new Compacted(summary == null ? "" : summary, usage);
    }

    private List<List<Told>> parts(WindowBounds bounds, List<PastTurn> turns) {
        List<List<Told>> parts = new ArrayList<>();
        long left = 0;
        int seq = 0;
        for (PastTurn each : turns) {
            List<Told> told = new ArrayList<>();
            told.add(new Told(++seq, Role.USER, each.message(), each.items()));
            if (each.reply() != null) {
                told.add(
                        new Told(
                                ++seq,
                                Role.ASSISTANT,
                                each.reply().content(),
                                each.reply().items()));
            }
            long size = told.stream().mapToLong(one -> tokens.ofMessage(one.content())).sum();
            left -= size;
            if (left < 0) {
                parts.add(new ArrayList<>());
                left = bounds.maxTokens() - size;
            }
            parts.getLast().addAll(told);
        }
        return parts;
    }
}
