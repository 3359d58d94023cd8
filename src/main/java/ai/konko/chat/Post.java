package ai.konko.chat;

import java.util.List;
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
 * @param after the seq that has to be the chat's last; absent for whichever it is
 */
public record Post(
        String content,
        List<Item> items,
        WhenBusy whenBusy,
        @Nullable String idempotencyKey,
        boolean streamed,
        @Nullable Options options,
        List<PastTurn> earlier,
        @Nullable Integer after) {

    public Post {
        items = List.copyOf(items);
        earlier = List.copyOf(earlier);
    }

    public Post(
            String content, WhenBusy whenBusy, @Nullable String idempotencyKey, boolean streamed) {
        this(content, List.of(), whenBusy, idempotencyKey, streamed, null, List.of(), null);
    }

    @Override
    public String toString() {
        return "Post[whenBusy=" + whenBusy + "]";
    }
}
