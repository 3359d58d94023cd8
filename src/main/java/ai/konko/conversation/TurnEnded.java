package ai.konko.conversation;

import ai.konko.chat.Message;
import io.opentelemetry.api.trace.Span;

/**
 * A turn has ended: a CDI event, fired once for each turn that this process has ended, after those
 * who waited were told. It comes on the thread that has ended the turn, which may be an event loop,
 * so an observer must not block.
 *
 * @param reply as it is for good
 * @param span of its run, not ended yet; an invalid one if it never ran
 */
public record TurnEnded(Message reply, Span span) {}
