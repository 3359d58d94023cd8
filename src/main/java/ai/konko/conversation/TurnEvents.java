package ai.konko.conversation;

import ai.konko.chat.Fault;
import ai.konko.chat.Message;
import io.opentelemetry.api.trace.Span;
import jakarta.enterprise.event.Event;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Tells of the ends of turns. What an observer fails at keeps no turn from going on. */
@Singleton
class TurnEvents {
    private static final Logger LOG = Logger.getLogger(TurnEvents.class);

    private final Event<TurnEnded> ends;

    TurnEvents(Event<TurnEnded> ends) {
        this.ends = ends;
    }

    void ended(Message reply, Span span) {
        try {
            ends.fire(new TurnEnded(reply, span));
        } catch (RuntimeException | Error failed) {
            LOG.errorf(Fault.of(failed), "Not all that follows on reply %s was done", reply.id());
        }
    }
}
