package ai.konko.chat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A turn that is over when the log takes it in: said elsewhere, or copied from another chat. No
 * model is asked for it, and nothing of it counts as use. Its outputs end the calls of the reply
 * before it; those that it has no output for are abandoned.
 *
 * @param message the user's text, to the letter
 * @param items what there is beside it
 * @param attachments those that its items name, unless the chat has them already
 * @param reply how the reply ended; absent where nobody replied, so that the message is context by
 *     itself
 * @param model the model that had replied, if that is known
 */
public record PastTurn(
        String message,
        List<Item> items,
        List<Attachment> attachments,
        @Nullable Outcome reply,
        @Nullable String model) {

    public PastTurn {
        items = List.copyOf(items);
        attachments = List.copyOf(attachments);
        if (reply != null && reply.usage() != null) {
            throw new IllegalArgumentException("what a past turn has used is counted elsewhere");
        }
    }

    /** A turn that brings no attachments. */
    public PastTurn(
            String message, List<Item> items, @Nullable Outcome reply, @Nullable String model) {
        this(message, items, List.of(), reply, model);
    }

    /** A turn that is text alone. */
    public PastTurn(String message, @Nullable Outcome reply, @Nullable String model) {
        this(message, List.of(), reply, model);
    }

    /**
     * The same turn with the calls open that waited when the reply was completed; what came of them
     * when its chat went on does not count elsewhere.
     */
    public PastTurn reopened() {
        return reply == null || reply.items().isEmpty()
                ? this
                : new PastTurn(
                        message,
                        items,
                        attachments,
                        new Outcome(
                                reply.status(),
                                reply.content(),
                                Items.reopened(reply.items()),
                                reply.finishReason(),
                                null,
                                reply.failure()),
                        model);
    }

    /**
     * The same turn for another chat, which has to have its attachments, without what was erased.
     */
    public static PastTurn of(Turn turn) {
        Message reply = turn.reply();
        if (!reply.status().terminal()) {
            throw new IllegalArgumentException("a past turn is over");
        }
        Outcome outcome = reply.unanswered() ? null : outcome(reply);
        return new PastTurn(
                turn.message().content(),
                Items.withoutErased(turn.message().items()),
                outcome,
                outcome == null ? null : reply.model());
    }

    /** How the reply would have ended with what is left of it; null if nothing is. */
    private static @Nullable Outcome outcome(Message reply) {
        boolean mayBeEmpty =
                reply.status() == Status.FAILED || reply.finishReason() == FinishReason.CANCELLED;
        if (!reply.isAnswer() && !mayBeEmpty) {
            return null;
        }
        boolean callsAreGone = reply.finishReason() == FinishReason.CALLS && !reply.hasCalls();
        return new Outcome(
                reply.status(),
                reply.content(),
                Items.withoutErased(reply.items()),
                callsAreGone ? FinishReason.STOP : reply.finishReason(),
                null,
                reply.failure());
    }

    /** All attachments that turns bring, by their ids. */
    public static Map<String, Attachment> brought(List<PastTurn> turns) {
        return Attachment.byId(
                turns.stream().flatMap(each -> each.attachments().stream()).toList());
    }

    /**
     * @return how many UTF-16 units the turn holds
     */
    public int characters() {
        long sum = message.length() + Sized.characters(items);
        if (reply != null) {
            sum += reply.content().length() + Sized.characters(reply.items());
        }
        return (int) Math.min(sum, Integer.MAX_VALUE);
    }

    /**
     * @return the reply, as it is when the log has it
     */
    public Message ended(Message place, Instant now) {
        if (reply == null) {
            return place.with(Options.UNANSWERED).ended(Outcome.cancelled(), now);
        }
        return (model == null ? place : place.started(model)).ended(reply, now);
    }

    @Override
    public String toString() {
        return "PastTurn[characters=" + characters() + "]";
    }
}
