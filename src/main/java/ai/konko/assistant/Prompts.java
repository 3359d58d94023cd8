package ai.konko.assistant;

import ai.konko.assistant.ContextWindow.Next;
import ai.konko.assistant.ContextWindow.Window;
import ai.konko.assistant.Prompt.Said;
import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Item;
import ai.konko.chat.Memory;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Settings;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.StoreOutage;
import ai.konko.chat.Turn;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Puts prompts together: instructions, context, message, model and parameters, for turns, for
 * answers that no chat keeps, and for highlights. {@link NextPrompt} shows what would be put
 * together for a chat's next turn.
 */
@Singleton
public class Prompts {
    private static final int LONGEST_QUOTE = 4000;

    /** How many of the newest turns highlights are looked for in, at most. */
    private static final int MOST_TURNS = 200;

    private final ChatRepository repository;
    private final ContextWindow window;
    private final ModelEndpoint endpoint;

    Prompts(ChatRepository repository, ContextWindow window, ModelEndpoint endpoint) {
        this.repository = repository;
        this.window = window;
        this.endpoint = endpoint;
    }

    /**
     * @return what the log has to know to start a turn
     */
    public StartOptions startOptions() {
        WindowBounds bounds = window.bounds(Memory.NONE);
        return new StartOptions(endpoint.defaultModel(), bounds.readTurns(), bounds.mostBytes());
    }

    /**
     * Reads the log for a turn. If the log is out of reach, it waits until that is over or the turn
     * is cancelled.
     */
    public Prompt of(Started started, Cancellation cancellation) {
        Message message = started.turn().message();
        Message reply = started.turn().reply();
        String model = reply.model();
        if (model == null) {
            throw new IllegalArgumentException("a started reply knows its model");
        }
        Options options = reply.options() == null ? Options.NONE : reply.options();
        Settings settings = started.settings();
        Next next = Next.of(message, options);
        Map<String, Object> parameters =
                ProviderParameters.of(settings.parameters(), options.parameters());
        return StoreOutage.outlast(
                () -> {
                    Window before =
                            window.before(
                                    next,
                                    settings.memory(),
                                    started.before(),
                                    started.summarized() > 0);
                    PromptMessages seen =
                            messages(instructions(settings, options), before, settings);
                    seen.add(message);
                    List<ContextMessage> messages = seen.list();
                    return new Prompt(
                            message.chatId(),
                            model,
                            messages,
                            parameters,
                            started.streamed(),
                            ids ->
                                    StoreOutage.outlast(
                                            () -> repository.attachments(message.chatId(), ids),
                                            cancellation::cancelled),
                            Prompt.Seen.of(before),
                            Prompt.mayCall(parameters, messages)
                                    ? repository.callIds(message.chatId())
                                    : null);
                },
                cancellation::cancelled);
    }

    /**
     * The prompt for messages that a client has given in full.
     *
     * @param said at least one message
     */
    public Prompt of(
            String model, List<Said> said, Map<String, Object> parameters, boolean streamed) {
        List<ContextMessage> seen =
                said.stream().map(each -> ContextMessage.of(each.by(), each.text())).toList();
        return new Prompt(
                null,
                model,
                seen,
                ProviderParameters.of(Map.of(), parameters),
                streamed,
                callIds(seen));
    }

    /**
     * The prompt for a turn that continues a chat, but is not kept in it.
     *
     * @param chatId the chat; null if there is none
     * @param beforeSeq where in the chat the turn would be
     * @param earlier turns that come with the message, after those of the chat
     * @param message the one to reply to; if it has outputs, they are those of the calls of the
     *     reply before it
     */
    public Prompt goingOn(
            @Nullable UUID chatId,
            int beforeSeq,
            List<PastTurn> earlier,
            PastTurn message,
            Options options,
            boolean streamed) {
        Settings settings = chatId == null ? Settings.NONE : repository.chat(chatId).settings();
        List<Item> next = (earlier.isEmpty() ? message : earlier.getFirst()).items();
        Window before =
                chatId == null
                        ? Window.EMPTY
                        : window.before(
                                new Next(chatId, beforeSeq, message.message(), next, 0),
                                settings.memory());
        PromptMessages seen = messages(instructions(settings, options), before, settings);
        earlier.forEach(seen::add);
        seen.say(message.message(), message.items());
        List<ContextMessage> messages = seen.list();
        return new Prompt(
                null,
                settings.modelToAsk(options.model(), endpoint.defaultModel()),
                messages,
                ProviderParameters.of(settings.parameters(), options.parameters()),
                streamed,
                ids -> attachments(chatId, earlier, message, ids),
                Prompt.Seen.of(before),
                callIds(messages));
    }

    /** Of those that come with the message, and else of those of the chat. */
    private Map<String, byte[]> attachments(
            @Nullable UUID chatId, List<PastTurn> earlier, PastTurn message, Set<String> ids) {
        Map<String, byte[]> found =
                new HashMap<>(chatId == null ? Map.of() : repository.attachments(chatId, ids));
        List<PastTurn> brought = new ArrayList<>(earlier);
        brought.add(message);
        PastTurn.brought(brought).forEach((id, each) -> found.put(id, each.bytes()));
        return found;
    }

    /** Of what no chat keeps, because its client may send all of it again. */
    private static Set<String> callIds(List<ContextMessage> messages) {
        Set<String> ids = new HashSet<>();
        for (ContextMessage each : messages) {
            if (each.callId() != null) {
                ids.add(each.callId());
            }
        }
        return ids;
    }

    private PromptMessages messages(
            @Nullable String instructions, Window before, Settings settings) {
        PromptMessages seen =
                new PromptMessages(
                        instructions,
                        before.summary(),
                        before.turns().size(),
                        window.bounds(settings.memory()).keep());
        before.turns().forEach(seen::add);
        return seen;
    }

    /** A turn's own instructions are sent in place of the chat's. */
    private static @Nullable String instructions(Settings settings, Options options) {
        return options.instructions() == null ? settings.instructions() : options.instructions();
    }

    /**
     * The newest turns that highlights are looked for in: those that fit the window, and one in any
     * case.
     *
     * @param through the last seq to look at
     */
    List<Turn> toHighlight(UUID chatId, int through) {
        long mostBytes = window.bounds(Memory.NONE).mostBytes();
        List<Turn> newest = repository.context(chatId, through + 1, MOST_TURNS, mostBytes);
        List<Turn> fitting = window.newestThatFit(newest);
        return fitting.isEmpty()
                ? newest.subList(Math.max(0, newest.size() - 1), newest.size())
                : fitting;
    }

    /**
     * The prompt for highlights. The AI service puts its own instructions before it.
     *
     * @param asked how many at the most
     * @param messages to find them in
     */
    Prompt highlights(Chat chat, int asked, List<Message> messages) {
        StringBuilder transcript =
                new StringBuilder("At most ").append(asked).append(" highlights.\n");
        for (Message message : messages) {
            transcript
                    .append("\n[%d] %s: ".formatted(message.seq(), message.role().wire()))
                    .append(Extract.cut(message.content(), LONGEST_QUOTE))
                    .append('\n');
        }
        return new Prompt(
                null,
                chat.settings().modelToAsk(endpoint.defaultModel()),
                List.of(ContextMessage.of(Speaker.USER, transcript.toString())),
                Map.of(),
                false,
                null);
    }
}
