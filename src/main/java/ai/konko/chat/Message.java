package ai.konko.chat;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One message of a chat, as it was when it was read.
 *
 * @param seq its place in the chat, from 1 on without a gap: odd for users, even for replies
 * @param content the text to the letter; of a reply that is not over, what there is of it
 * @param attempt which run of the reply this is, from 1; each retry makes a new one
 * @param completedAt when the message became terminal
 * @param model on replies that were started, the model that was asked
 * @param finishReason on replies that are completed or incomplete
 * @param usage on replies, where the provider reported it
 * @param failure on failed replies, and on interrupted ones, see {@link Outcome}
 * @param options on replies of turns that have some
 */
public record Message(
        UUID id,
        UUID chatId,
        int seq,
        Role role,
        String content,
        Status status,
        int attempt,
        Instant createdAt,
        @Nullable Instant completedAt,
        @Nullable String model,
        @Nullable FinishReason finishReason,
        @Nullable Usage usage,
        @Nullable Failure failure,
        @Nullable Options options)
        implements Counted {

    public Message {
        if (seq < 1 || (seq % 2 == 1) != (role == Role.USER)) {
            throw new IllegalArgumentException("odd places are for users, even ones for replies");
        }
        if (status.terminal() != (completedAt != null)) {
            throw new IllegalArgumentException(
                    "a message has an end if and only if it is terminal");
        }
    }

    @Override
    public long characters() {
        return content.length();
    }

    /** What a user says: complete from the start. */
    public static Message ofUser(UUID id, UUID chatId, int seq, String content, Instant now) {
        return new Message(
                id,
                chatId,
                seq,
                Role.USER,
                content,
                Status.COMPLETED,
                1,
                now,
                now,
                null,
                null,
                null,
                null,
                null);
    }

    /** The place of a reply that waits in line. */
    public static Message queuedReply(UUID id, UUID chatId, int seq, Instant now) {
        return new Message(
                id,
                chatId,
                seq,
                Role.ASSISTANT,
                "",
                Status.QUEUED,
                1,
                now,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    /** The same reply, of a turn with these options. */
    public Message with(@Nullable Options turns) {
        return turns == null
                ? this
                : new Message(
                        id,
                        chatId,
                        seq,
                        role,
                        content,
                        status,
                        attempt,
                        createdAt,
                        completedAt,
                        model,
                        finishReason,
                        usage,
                        failure,
                        turns);
    }

    /**
     * @param chats the model that the chat's turns ask
     * @return the model that is asked for this reply
     */
    public String modelToAsk(String chats) {
        return options == null || options.model() == null ? chats : options.model();
    }

    /** Whether this stands for a reply that nobody was asked for, see {@link PastTurn}. */
    public boolean unanswered() {
        return options != null && options.unanswered() && status.terminal() && content.isEmpty();
    }

    /** The reply once the model is asked. */
    public Message started(String askedModel) {
        require(status == Status.QUEUED, "only a queued reply can start");
        return new Message(
                id,
                chatId,
                seq,
                role,
                "",
                Status.IN_PROGRESS,
                attempt,
                createdAt,
                null,
                askedModel,
                null,
                null,
                null,
                options);
    }

    /** The running reply with the text it has so far. */
    public Message withText(String soFar) {
        require(status == Status.IN_PROGRESS, "only a running reply grows");
        return new Message(
                id, chatId, seq, role, soFar, status, attempt, createdAt, null, model, null, null,
                null, options);
    }

    /** The same message with another text, to be shown. */
    public Message saying(String other) {
        return new Message(
                id,
                chatId,
                seq,
                role,
                other,
                status,
                attempt,
                createdAt,
                completedAt,
                model,
                finishReason,
                usage,
                failure,
                options);
    }

    /** The reply in its terminal state. */
    public Message ended(Outcome outcome, Instant now) {
        require(!status.terminal(), "a reply ends once");
        return new Message(
                id,
                chatId,
                seq,
                role,
                outcome.content(),
                outcome.status(),
                attempt,
                createdAt,
                now,
                model,
                outcome.finishReason(),
                outcome.usage(),
                outcome.failure(),
                options);
    }

    /** The reply back in line for its next attempt; what came of the last one is gone. */
    public Message requeued() {
        require(
                status == Status.FAILED || status == Status.INCOMPLETE,
                "only a failed or incomplete reply can run again");
        return new Message(
                id,
                chatId,
                seq,
                role,
                "",
                Status.QUEUED,
                attempt + 1,
                createdAt,
                null,
                null,
                null,
                null,
                null,
                options);
    }

    private static void require(boolean legal, String rule) {
        if (!legal) {
            throw new IllegalStateException(rule);
        }
    }

    @Override
    public String toString() {
        return "Message[id=%s, chatId=%s, seq=%d, role=%s, status=%s]"
                .formatted(id, chatId, seq, role, status);
    }
}
