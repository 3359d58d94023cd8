package ai.konko.conversation;

import ai.konko.chat.Message;
import ai.konko.chat.Turn;
import java.util.concurrent.CompletableFuture;

/**
 * A turn that was accepted, now or by an earlier post with the same idempotency key.
 *
 * @param turn as it was when the post was answered
 * @param end the reply in its terminal state, once it has come to that; it never fails, and
 *     cancelling it stops nothing
 */
public record PostedTurn(Turn turn, CompletableFuture<Message> end) {}
