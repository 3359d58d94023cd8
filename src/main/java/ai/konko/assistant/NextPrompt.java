package ai.konko.assistant;

import ai.konko.assistant.ContextWindow.Next;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
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
        WindowBounds bounds = window.bounds(settings.memory());
        List<ContextTurn> seen = window.before(Next.of(chatId), settings.memory(), null).turns();
        List<Turn> turns = inFull(chatId, seen);
        return new ModelContext(
                settings.instructions(),
                turns,
                new Exclusion(repository, bounds, tokens).of(chatId, turns),
                estimate(chat, turns),
                bounds.maxMessages(),
                bounds.maxTokens(),
                bounds.keep());
    }

    /** Turns that have ended since are not among them. */
    private List<Turn> inFull(UUID chatId, List<ContextTurn> seen) {
        if (seen.isEmpty()) {
            return List.of();
        }
        int next = seen.getLast().replySeq() + 1;
        return repository.context(chatId, next, seen.size(), Long.MAX_VALUE);
    }

    private ModelContext.Estimate estimate(Chat chat, List<Turn> turns) {
        Settings settings = chat.settings();
        String instructions = settings.instructions();
        Object tools = settings.parameters().get(TOOLS);
        int fixed =
                (instructions == null ? 0 : tokens.ofMessage(instructions))
                        + (tools == null ? 0 : tokens.ofMessage(ProviderRequestBody.text(tools)));
        int all = turns.stream().mapToInt(tokens::of).sum();
        return new ModelContext.Estimate(fixed, all, stable(chat, turns, fixed, all));
    }

    /** As far as the log tells: it does not keep what was changed or erased since. */
    private int stable(Chat chat, List<Turn> turns, int fixed, int all) {
        if (turns.isEmpty()) {
            return chat.messageCount() == 0 ? 0 : fixed;
        }
        Message asked = turns.getLast().message();
        Message replied = turns.getLast().reply();
        Options options = replied.options() == null ? Options.NONE : replied.options();
        if (hadOthers(chat.settings(), options)) {
            return 0;
        }
        List<ContextTurn> then =
                window.before(Next.of(asked, options), chat.settings().memory(), null).turns();
        int began = then.isEmpty() ? replied.seq() : then.getFirst().replySeq();
        return began == turns.getFirst().reply().seq() ? fixed + all - tokens.of(replied) : fixed;
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
