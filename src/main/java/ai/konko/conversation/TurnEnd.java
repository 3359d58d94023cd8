package ai.konko.conversation;

import ai.konko.assistant.TextAllowance;
import ai.konko.chat.Message;
import io.opentelemetry.api.trace.Span;
import org.jspecify.annotations.Nullable;

/** The end of a reply's run by this process, in the log or not: what follows on it for both. */
abstract class TurnEnd implements Run.End {
    private final LiveReply entry;
    private final Span span;
    private final TextAllowance allowance;
    private final TurnEvents events;
    private final Places places;
    private @Nullable Message ended;

    TurnEnd(LiveReply entry, Span span, TextAllowance allowance, TurnEvents events, Places places) {
        this.entry = entry;
        this.span = span;
        this.allowance = allowance;
        this.events = events;
        this.places = places;
    }

    /** Tells those who wait or listen. */
    final void over(Message terminal, LiveReplies live) {
        ended = terminal;
        live.remove(terminal);
        entry.ended(terminal);
    }

    /**
     * What comes last.
     *
     * @param terminal the reply as it is for good; absent if it goes on elsewhere
     */
    abstract void next(@Nullable Message terminal);

    @Override
    public final void kept() {
        try {
            if (ended != null) {
                events.ended(ended, span);
            }
        } finally { // each is done, even if the one before has failed, as when memory is short
            try {
                entry.onceUnheard(allowance::close);
                span.end();
            } finally {
                places.stopped();
                next(ended);
            }
        }
    }
}
