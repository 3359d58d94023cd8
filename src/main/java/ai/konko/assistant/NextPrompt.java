package ai.konko.assistant;

import ai.konko.assistant.ContextWindow.Next;
import ai.konko.assistant.ContextWindow.Window;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Settings;
import ai.konko.chat.Turn;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Explains what {@link Prompts} would put together for a chat's next turn, and what not. */
@Singleton
public class NextPrompt {
    private static final String TOOLS = "tools";

    private final ChatRepository repository;
    private final ContextWindow window;
    private final Tokens tokens;

    NextPrompt(ChatRepository repository, ContextWindow window, Tokens tokens) {
        this.repository = repository;
        this.window = window;
        this.tokens = tokens;
    }

    /**
     * @return what the model would be sent before the chat's next message, whose length is not
     *     known yet
     */
    public ModelContext of(UUID chatId) {
        Chat chat = repository.chat(chatId);
        Settings settings = chat.settings();
        Window seen = window.before(Next.of(chatId), settings.memory());
        MemorySummary summary = seen.summary();
        WindowBounds all = window.bounds(settings.memory());
        WindowBounds bounds = all.compacts() || summary != null ? all.besideSummary() : all;
        List<Turn> turns = inFull(chatId, seen.turns());
        ModelContext.Estimate estimate = estimate(chat, summary, turns);
        return new ModelContext(
                settings.instructions(),
                summary,
                turns,
                new Exclusion(
                                repository,
                                bounds,
                                tokens,
                                summary == null ? 0 : summary.throughSeq())
                        .of(chatId, turns),
                estimate,
                Math.max(0, bounds.maxTokens() - estimate.turns()),
                all.maxMessages(),
                all.maxTokens(),
                all.keep(),
                all.compacts());
    }

    /** Turns that have ended since are not among them. */
    private List<Turn> inFull(UUID chatId, List<ContextTurn> seen) {
        if (seen.isEmpty()) {
            return List.of();
        }
        int next = seen.getLast().replySeq() + 1;
        return repository.context(chatId, next, seen.size(), Long.MAX_VALUE);
    }

    private ModelContext.Estimate estimate(
            Chat chat, @Nullable MemorySummary summary, List<Turn> turns) {
        Settings settings = chat.settings();
        String instructions = settings.instructions();
        Object tools = settings.parameters().get(TOOLS);
        int always =
                (instructions == null ? 0 : tokens.ofMessage(instructions))
                        + (tools == null ? 0 : tokens.ofMessage(ProviderRequestBody.text(tools)));
        int told = summary == null ? 0 : tokens.ofMessage(PromptMessages.told(summary));
        int all = turns.stream().mapToInt(tokens::of).sum();
        return new ModelContext.Estimate(
                always + told, all, stable(chat, summary, turns, always, told + all));
    }

    /** As far as the log tells: it does not keep what was changed or erased since. */
    private int stable(
            Chat chat, @Nullable MemorySummary summary, List<Turn> turns, int always, int rest) {
        if (turns.isEmpty()) {
            return chat.messageCount() == 0 ? 0 : always;
        }
        Message asked = turns.getLast().message();
        Message replied = turns.getLast().reply();
        Options options = replied.options() == null ? Options.NONE : replied.options();
        if (hadOthers(chat.settings(), options)) {
            return 0;
        }
        Window then = window.before(Next.of(asked, options), chat.settings().memory());
        int began = then.turns().isEmpty() ? replied.seq() : then.turns().getFirst().replySeq();
        boolean same =
                began == turns.getFirst().reply().seq()
                        && Objects.equals(summary, then.summary())
                        && (summary == null || summary.createdAt().isBefore(asked.createdAt()));
        return same ? always + rest - tokens.of(replied) : always;
    }

    /** Whether a turn had instructions or tools of its own, with which a prompt begins. */
    private static boolean hadOthers(Settings settings, Options options) {
        @Nullable String told = options.instructions();
        Map<String, Object> own = options.parameters();
        return (told != null && !told.equals(settings.instructions()))
                || (own.containsKey(TOOLS)
                        && !Objects.equals(own.get(TOOLS), settings.parameters().get(TOOLS)));
    }
}
