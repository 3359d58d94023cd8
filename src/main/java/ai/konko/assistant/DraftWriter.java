package ai.konko.assistant;

import ai.konko.assistant.HeldBack.Held;
import ai.konko.chat.Draft;
import ai.konko.chat.Item.Reasoning;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings what the model writes into the order of a {@link Draft}, in which items never overlap.
 * Reasoning is whole when anything else begins. A call is whole when something else comes and its
 * arguments are complete, or at the answer's end; until then, what else comes is held back. So the
 * order is the same live and afterwards, however a provider mixes the pieces of its calls.
 *
 * <p>A call without a name is none. Not safe for use by several threads.
 */
final class DraftWriter {
    /** The most calls of a reply: as many outputs may come back at once. */
    static final int MOST_CALLS = 128;

    private final Draft out;
    private final CallIds ids;
    private final int most;
    private final Runnable full;
    private Consumer<String> text;

    /** How long the text is that was given out. */
    private int length;

    /** The text of the reasoning under way. */
    private @Nullable StringBuilder thought;

    /** The call under way. */
    private @Nullable CallDraft call;

    /** What comes after the call under way. */
    private final HeldBack held = new HeldBack();

    private final CallDrafts calls = new CallDrafts();

    /** How many of them have a name. */
    private int named;

    /** What an answer that came as a whole has beside its text. */
    private @Nullable ChunkExtras kept;

    private boolean ended;

    /**
     * @param most how much may be held back; then calls end as they are
     * @param full is run then, because what follows is lost, or if there are too many calls
     */
    DraftWriter(Draft out, CallIds ids, int most, Runnable full) {
        this.full = full;
        this.out = out;
        this.ids = ids;
        this.most = most;
        this.text = out::text;
    }

    /** Has texts take another way to the draft. */
    void textsGoBy(Consumer<String> way) {
        text = way;
    }

    /** Whether a call has come. */
    boolean hasCalls() {
        return !calls.isEmpty();
    }

    /** How many UTF-16 units are held back, roughly. */
    int held() {
        return calls.size() + held.size();
    }

    void text(String piece) {
        if (ended) {
            return;
        }
        if (makeRoom()) {
            endThought();
            giveText(piece);
        } else {
            held.text(piece);
            endIfFull();
        }
    }

    void reasoning(String piece) {
        if (ended) {
            return;
        }
        if (makeRoom()) {
            giveThought(piece);
        } else {
            held.thought(piece);
            endIfFull();
        }
    }

    /**
     * Gives out the call under way, if it is complete, and what comes after it.
     *
     * @return whether no call is under way now, so that something else can be given out
     */
    private boolean makeRoom() {
        if (call != null && call.isComplete()) {
            endCall();
            giveHeld();
        }
        return call == null;
    }

    private void giveText(String piece) {
        length += piece.length();
        text.accept(piece);
    }

    private void giveThought(String piece) {
        if (thought == null) {
            thought = new StringBuilder();
            out.begin(new Reasoning(length, ""));
        }
        thought.append(piece);
        out.reasoning(piece);
    }

    private void endThought() {
        if (thought != null) {
            out.whole(new Reasoning(length, thought.toString()));
            thought = null;
        }
    }

    /** Takes the pieces of calls that came together. */
    void calls(List<CallPiece> pieces) {
        if (ended || (hasCalls() && pieces.getFirst().whole())) {
            return; // a message repeats what has come before it
        }
        CallDraft before = null;
        for (CallPiece piece : pieces) {
            CallDraft of = calls.find(piece, before);
            if (of == null) {
                of = calls.open(piece);
            }
            boolean begun = of.name() != null;
            calls.add(piece, of);
            if (!begun && of.name() != null) {
                begin(of);
            } else if (of == call && !held.isEmpty()) {
                boolean _ = makeRoom();
            }
            if (ended) {
                return;
            }
            before = of;
        }
        endIfFull();
    }

    private void begin(CallDraft next) {
        if (++named > MOST_CALLS) {
            endIfFull();
        } else if (makeRoom()) {
            give(next);
        } else {
            held.call(next);
        }
    }

    private void give(CallDraft next) {
        endThought();
        call = next;
        out.begin(next.begin(length, ids));
    }

    private void endCall() {
        if (call != null) {
            CallDraft over = call;
            call = null;
            calls.end(over);
            out.whole(over.whole());
        }
    }

    /** Gives out what was held back, up to the next call that may go on. */
    private void giveHeld() {
        while (!held.isEmpty() && (call == null || call.isComplete())) {
            endCall();
            switch (held.remove()) {
                case Held.Text(StringBuilder all) -> {
                    endThought();
                    giveText(all.toString());
                }
                case Held.Thought(StringBuilder all) -> giveThought(all.toString());
                case Held.Waiting(CallDraft next) -> give(next);
            }
        }
    }

    private void endIfFull() {
        if (held() > most || named > MOST_CALLS) {
            end();
            full.run();
        }
    }

    /** Nothing follows: what is under way is whole, and nothing is held back any more. */
    void end() {
        if (ended) {
            return;
        }
        ended = true;
        endCall();
        while (!held.isEmpty()) {
            giveHeld();
            endCall();
        }
        endThought();
    }

    /** Keeps what an answer that came as a whole has beside its text, until that comes. */
    void keep(@Nullable ChunkExtras extras) {
        kept = extras;
    }

    /**
     * Takes an answer that came as a whole: the text, which has come by its own way, and what was
     * kept.
     */
    void whole(@Nullable String answer) {
        textsGoBy(out::text);
        if (kept != null && !kept.reasoning().isEmpty()) {
            reasoning(kept.reasoning());
        }
        if (answer != null && !answer.isEmpty()) {
            text(answer);
        }
        if (kept != null && !kept.calls().isEmpty()) {
            calls(kept.calls());
        }
        end();
    }
}
