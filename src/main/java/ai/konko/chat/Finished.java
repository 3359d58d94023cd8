package ai.konko.chat;

import org.jspecify.annotations.Nullable;

/**
 * What has come of a reply's end.
 *
 * @param reply as it is now
 * @param next the chat's next turn, which the caller has to run; null if none was started
 */
public record Finished(Message reply, @Nullable Started next) {}
