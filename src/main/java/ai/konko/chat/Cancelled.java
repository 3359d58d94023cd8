package ai.konko.chat;

/**
 * What became of the wish to cancel a reply.
 *
 * @param reply as it is now: terminal, or in progress, and then whoever runs it has to end it
 * @param now whether it waited in line and this has ended it
 */
public record Cancelled(Message reply, boolean now) {}
