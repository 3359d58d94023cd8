package ai.konko.assistant;

import ai.konko.assistant.Prompt.Said;
import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Settings;
import ai.konko.chat.Started;
import ai.konko.chat.StoreOutage;
import ai.konko.chat.Turn;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Puts prompts together: instructions, context, message, model and parameters, for turns, for
 * answers that no chat keeps, and for highlights. {@link ContextWindow#next} shows what would be
 * put together for a chat's next turn.
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
     * Reads the log for a turn. If the log is out of reach, it waits until that is over or the turn
     * is cancelled.
     */
    public Prompt of(Started started, Cancellation cancellation) {
        Message message = started.turn().message();
        Message reply = started.turn().reply();
        if (reply.model() == null) {
            throw new IllegalArgumentException("a started reply knows its model");
        }
        Options options = reply.options() == null ? Options.NONE : reply.options();
        List<ContextMessage> seen =
                StoreOutage.outlast(
                        () ->
                                before(
                                        message.chatId(),
                                        message.seq(),
                                        instructions(started.settings(), options),
                                        message.content(),
                                        options.earlier()),
                        cancellation::cancelled);
        seen.add(ContextMessage.of(Speaker.USER, message.content()));
        return new Prompt(
                message.chatId(),
                reply.model(),
                seen,
                options.parameters(),
                started.streamed(),
                null);
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
        return new Prompt(null, model, seen, parameters, streamed, null);
    }

    /**
     * The prompt for a turn that continues a chat, but is not kept in it.
     *
     * @param chatId the chat; null if there is none
     * @param beforeSeq where in the chat the turn would be
     * @param earlier turns that come with the message, after those of the chat
     */
    public Prompt goingOn(
            @Nullable UUID chatId,
            int beforeSeq,
            List<PastTurn> earlier,
            String message,
            Options options,
            boolean streamed) {
        Settings settings = chatId == null ? Settings.NONE : repository.chat(chatId).settings();
        List<ContextMessage> seen =
                before(chatId, beforeSeq, instructions(settings, options), message, 0);
        seen.addAll(
                Prompt.ofChat(
                        null,
                        earlier,
                        turn -> ContextMessage.of(Speaker.USER, turn.message()),
                        turn ->
                                ContextMessage.of(
                                        Speaker.ASSISTANT,
                                        turn.reply() == null ? "" : turn.reply().content())));
        seen.add(ContextMessage.of(Speaker.USER, message));
        return new Prompt(
                null,
                settings.modelToAsk(options.model(), endpoint.defaultModel()),
                seen,
                options.parameters(),
                streamed,
                null);
    }

    private List<ContextMessage> before(
            @Nullable UUID chatId,
            int seq,
            @Nullable String instructions,
            String message,
            int earlier) {
        return Prompt.ofChat(
                instructions,
                chatId == null ? List.of() : window.before(chatId, seq, message, earlier),
                ContextMessage::ofMessage,
                ContextMessage::ofReply);
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
        List<Turn> newest = repository.context(chatId, through + 1, MOST_TURNS, window.mostBytes());
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
