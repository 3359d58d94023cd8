package ai.konko.conversation;

import ai.konko.chat.Turn;

/**
 * A turn that was accepted, now or by an earlier post with the same idempotency key.
 *
 * @param turn as it was when the post was answered
 * @param repeated whether it was accepted earlier
 * @param reply its reply, to listen to and to wait for
 */
public record PostedTurn(Turn turn, boolean repeated, LiveReply reply) {}
