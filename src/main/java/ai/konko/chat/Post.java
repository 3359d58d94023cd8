package ai.konko.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client posts to a chat.
 *
 * @param content the user's text, to the letter
 * @param items what there is beside it, outputs of calls first
 * @param idempotencyKey the same key with the same content, items, {@code whenBusy} and options on
 *     the same chat is the same turn
 * @param streamed whether the model is to give the reply piece by piece, as it is written
 * @param options how this turn differs from others of its chat
 * @param earlier turns that the log takes in right before this one, whose outputs are for the calls
 *     of the last of them
 * @param attachments those that its items name, unless the chat has them already
 * @param after the seq that has to be the chat's last; absent for whichever it is
 * @param request that posts it; null if nobody asks whether it is repeated, beside the idempotency
 *     key
 * @param outputsRequired whether it is refused if calls of the chat wait for other outputs than its
 *     own, or those of the first of its earlier turns; else they are abandoned
 */
public record Post(
        String content,
        List<Item> items,
        WhenBusy whenBusy,
        @Nullable String idempotencyKey,
        boolean streamed,
        @Nullable Options options,
        List<PastTurn> earlier,
        List<Attachment> attachments,
        @Nullable Integer after,
        @Nullable RepeatableRequest request,
        boolean outputsRequired) {

    /** Comes after no message. */
    private static final int NOWHERE = -1;

    public Post {
        items = List.copyOf(items);
        earlier = List.copyOf(earlier);
        attachments = List.copyOf(attachments);
    }

    public Post(
            String content,
            List<Item> items,
            WhenBusy whenBusy,
            @Nullable String idempotencyKey,
            boolean streamed,
            @Nullable Options options,
            List<PastTurn> earlier,
            @Nullable Integer after) {
        this(
                content,
                items,
                whenBusy,
                idempotencyKey,
                streamed,
                options,
                earlier,
                List.of(),
                after,
                null,
                false);
    }

    public Post(
            String content, WhenBusy whenBusy, @Nullable String idempotencyKey, boolean streamed) {
        this(content, List.of(), whenBusy, idempotencyKey, streamed, null, List.of(), null);
    }

    /** Whether it, or the first of its earlier turns, has outputs of the chat's calls. */
    public boolean hasOutputs() {
        return !Items.outputs(items).isEmpty()
                || (!earlier.isEmpty() && !Items.outputs(earlier.getFirst().items()).isEmpty());
    }

    /** The same, refused if calls wait for outputs that it does not bring. */
    public Post requiringOutputs() {
        return with(attachments, after, request, true);
    }

    /** The same, which makes no turn: it is {@link ErrorCode#NOT_LAST} unless it is a repeat. */
    public Post asRepeat() {
        return with(attachments, NOWHERE, request, outputsRequired);
    }

    /** The same with the attachments that its items name. */
    public Post with(List<Attachment> brought) {
        return with(brought, after, request, outputsRequired);
    }

    /** The same, as this request posts it, with its idempotency key. */
    public Post of(@Nullable RepeatableRequest sent) {
        return sent == null ? this : with(attachments, after, sent, outputsRequired);
    }

    private Post with(
            List<Attachment> brought,
            @Nullable Integer place,
            @Nullable RepeatableRequest sent,
            boolean required) {
        return new Post(
                content,
                items,
                whenBusy,
                sent == null ? idempotencyKey : sent.key(),
                streamed,
                options,
                earlier,
                brought,
                place,
                sent,
                required);
    }

    /** All attachments that it brings, those of its earlier turns too, by their ids. */
    public Map<String, Attachment> brings() {
        if (attachments.isEmpty() && earlier.isEmpty()) {
            return Map.of();
        }
        List<Attachment> all = new ArrayList<>(attachments);
        earlier.forEach(each -> all.addAll(each.attachments()));
        return Attachment.byId(all);
    }

    @Override
    public String toString() {
        return "Post[whenBusy=" + whenBusy + "]";
    }
}
