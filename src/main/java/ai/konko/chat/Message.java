package ai.konko.chat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One message of a chat, as it was when it was read.
 *
 * @param seq its place in the chat, from 1 on without a gap: odd for users, even for replies
 * @param content the text to the letter; of a reply that is not over, what there is of it
 * @param items what there is beside the text, in order; see {@link Item}
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
        List<Item> items,
        Status status,
        int attempt,
        Instant createdAt,
        @Nullable Instant completedAt,
        @Nullable String model,
        @Nullable FinishReason finishReason,
        @Nullable Usage usage,
        @Nullable Failure failure,
        @Nullable Options options)
        implements Sized {

    public Message {
        items = List.copyOf(items);
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
        return content.length() + (items.isEmpty() ? 0 : Sized.characters(items));
    }

    /** What a user says: complete from the start. */
    public static Message ofUser(
            UUID id, UUID chatId, int seq, String content, List<Item> items, Instant now) {
        return new Message(
                id,
                chatId,
                seq,
                Role.USER,
                content,
                items,
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
                List.of(),
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
        return turns == null ? this : copy(content, items, turns);
    }

    /**
     * @return the model that the reply's turn names, see {@link Settings#modelToAsk}
     */
    public @Nullable String namedModel() {
        return options == null ? null : options.model();
    }

    /**
     * Whether this stands for a reply that nobody was asked for, see {@link PastTurn}, or of which
     * nothing is left, see {@link Erasure}.
     */
    public boolean unanswered() {
        return options != null
                && options.unanswered()
                && status.terminal()
                && content.isEmpty()
                && !hasCalls();
    }

    /** The same reply, which is no answer, after a message that is context by itself or is not. */
    Message standingAlone(boolean contextByItself) {
        return options == null && !contextByItself
                ? this
                : with((options == null ? Options.NONE : options).unanswered(contextByItself));
    }

    /** Whether there is nothing that the model could reply to. */
    boolean saysNothing() {
        return content.isEmpty() && Items.withoutErased(items).isEmpty();
    }

    /** Whether there is something that the model is not sent with the reply before it. */
    boolean saysMoreThanOutputs() {
        return !content.isEmpty()
                || Items.withoutErased(items).size() > Items.outputs(items).size();
    }

    /** Whether this reply is over and has text or calls. */
    public boolean isAnswer() {
        return status.terminal() && (!content.isEmpty() || hasCalls());
    }

    /** Whether the model, or a limit, has ended this reply, so that nothing broke it off. */
    public boolean isWhole() {
        return finishReason != null
                && finishReason != FinishReason.CANCELLED
                && finishReason != FinishReason.INTERRUPTED;
    }

    /** Whether the model wants tools to be called. */
    public boolean hasCalls() {
        return Items.haveCalls(items);
    }

    /** Whether this reply is over and has calls that wait for their outputs. */
    public boolean waits() {
        return status.terminal() && Items.wait(items);
    }

    /** The same reply with each open call ended. */
    public Message callsClosed(CallStatus end, Instant now) {
        return with(Items.closed(items, end, now));
    }

    /**
     * The same reply once a turn that is over has come after it: that has outputs for the calls
     * that wait, or goes on without them.
     */
    public Message followedBy(Message next, Instant now) {
        return waits() ? with(Items.followed(items, next.items, now)) : this;
    }

    /** The same message with other items. */
    public Message with(List<Item> others) {
        return copy(content, others, options);
    }

    /**
     * The rule of what is context: later turns are sent this reply and the message before it if the
     * reply is an answer, or if nobody was to reply.
     */
    public boolean isContext() {
        return isAnswer() || unanswered();
    }

    /**
     * @return this message
     * @throws RefusedException {@link ErrorCode#MESSAGE_NOT_FOUND} if it is a user's
     */
    public Message requireReply() {
        if (role != Role.ASSISTANT) {
            throw RefusedException.replyNotFound();
        }
        return this;
    }

    /** The reply once the model is asked. */
    public Message started(String askedModel) {
        require(status == Status.QUEUED, "only a queued reply can start");
        return unfinished(Status.IN_PROGRESS, attempt, Written.NOTHING, askedModel);
    }

    /** The running reply with what it has so far. */
    public Message with(Written soFar) {
        require(status == Status.IN_PROGRESS, "only a running reply grows");
        return unfinished(status, attempt, soFar, model);
    }

    /** The same message with another text. */
    public Message saying(String other) {
        return copy(other, items, options);
    }

    private Message copy(String text, List<Item> others, @Nullable Options turns) {
        return new Message(
                id,
                chatId,
                seq,
                role,
                text,
                others,
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

    /** The reply in its terminal state; it is the chat's last. */
    public Message ended(Outcome outcome, Instant now) {
        return ended(outcome, true, now);
    }

    /**
     * The reply in its terminal state.
     *
     * @param last whether it is the chat's last
     */
    public Message ended(Outcome outcome, boolean last, Instant now) {
        require(!status.terminal(), "a reply ends once");
        return new Message(
                id,
                chatId,
                seq,
                role,
                outcome.content(),
                Items.ended(outcome, last, now),
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

    /**
     * The reply back in line for its next attempt; what came of the last one is gone.
     *
     * @param lastSeq that of the chat's last message
     * @throws RefusedException {@link ErrorCode#NOT_RETRYABLE} unless it is failed or incomplete,
     *     and the chat's last
     */
    public Message retried(int lastSeq) {
        boolean broken = status == Status.FAILED || status == Status.INCOMPLETE;
        if (!broken || seq != lastSeq) {
            throw RefusedException.notRetryable();
        }
        Message queued = unfinished(Status.QUEUED, attempt + 1, Written.NOTHING, null);
        return Items.erased(items) == 0 ? queued : queued.standingAlone(false);
    }

    private Message unfinished(Status now, int attempts, Written what, @Nullable String asked) {
        return new Message(
                id,
                chatId,
                seq,
                role,
                what.text(),
                what.items(),
                now,
                attempts,
                createdAt,
                null,
                asked,
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
