package ai.konko.conversation;

import ai.konko.assistant.TextAllowance;
import ai.konko.chat.Message;
import io.opentelemetry.api.trace.Span;
import jakarta.enterprise.event.Event;
import org.jspecify.annotations.Nullable;

/** The end of a reply's run by this process, in the log or not: what follows on it for both. */
abstract class TurnEnd implements Run.End {
    private final LiveReply entry;
    private final Span span;
    private final TextAllowance allowance;
    private final Event<TurnEnded> events;
    private @Nullable Message ended;

    TurnEnd(LiveReply entry, Span span, TextAllowance allowance, Event<TurnEnded> events) {
        this.entry = entry;
        this.span = span;
        this.allowance = allowance;
        this.events = events;
    }

    /** Tells those who wait or listen. */
    final void over(Message terminal, LiveReplies live) {
        ended = terminal;
        live.remove(terminal);
        entry.ended(terminal);
    }

    /** What comes last, whether the reply is over or goes on elsewhere. */
    abstract void next();

    @Override
    public final void kept() {
        try {
            if (ended != null) {
                events.fire(new TurnEnded(ended, span));
            }
        } finally { // each is done, even if the one before has failed, as when memory is short
            try {
                entry.onceUnheard(allowance::close);
                span.end();
            } finally {
                entry.stopped();
                next();
            }
        }
    }
}
