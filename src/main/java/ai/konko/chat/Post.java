package ai.konko.chat;

import org.jspecify.annotations.Nullable;

/**
 * What a client posts to a chat.
 *
 * @param content the user's text, to the letter
 * @param idempotencyKey the same key with the same content and {@code whenBusy} on the same chat is
 *     the same turn
 * @param streamed whether the model is to give the reply piece by piece, as it is written
 */
public record Post(
        String content, WhenBusy whenBusy, @Nullable String idempotencyKey, boolean streamed) {

    @Override
    public String toString() {
        return "Post[whenBusy=" + whenBusy + "]";
    }
}
