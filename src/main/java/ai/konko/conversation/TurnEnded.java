package ai.konko.conversation;

import ai.konko.chat.Message;
import io.opentelemetry.api.trace.Span;

/**
 * A turn has ended, and whoever waited for it is told: fired once for each, as a CDI event, on the
 * thread that has ended it, which may be an event loop. An observer must neither block nor throw.
 *
 * @param reply as it is for good
 * @param span of its run, not ended yet; an invalid one if it never ran
 */
public record TurnEnded(Message reply, Span span) {}
