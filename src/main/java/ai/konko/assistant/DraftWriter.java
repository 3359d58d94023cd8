package ai.konko.assistant;

import ai.konko.chat.Draft;
import ai.konko.chat.Item.Reasoning;
import java.util.ArrayDeque;
import java.util.Deque;
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
    /** What a call takes beside its name and arguments, roughly, so that none is for nothing. */
    private static final int CALL = 64;

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

    /** What comes after the call under way. Most replies have none. */
    private final Deque<Held> held = new ArrayDeque<>(0);

    private int heldSize;

    private final CallDrafts calls = new CallDrafts();

    /** How many of them have a name. */
    private int named;

    /** What an answer that came as a whole has beside its text. */
    private @Nullable Beside kept;

    private boolean ended;

    private sealed interface Held {
        record Text(StringBuilder text) implements Held {}

        record Thought(StringBuilder text) implements Held {}

        record ACall(CallDraft call) implements Held {}
    }

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
        return heldSize;
    }

    void text(String piece) {
        if (ended) {
            return;
        }
        if (call == null && thought == null) {
            giveText(piece);
        } else if (isFree()) {
            endThought();
            giveText(piece);
        } else {
            if (!(held.peekLast() instanceof Held.Text)) {
                held.add(new Held.Text(new StringBuilder()));
            }
            hold(piece);
        }
    }

    void reasoning(String piece) {
        if (ended) {
            return;
        }
        if (isFree()) {
            giveThought(piece);
        } else {
            if (!(held.peekLast() instanceof Held.Thought)) {
                held.add(new Held.Thought(new StringBuilder()));
            }
            hold(piece);
        }
    }

    private void hold(String piece) {
        switch (held.getLast()) {
            case Held.Text(StringBuilder all) -> all.append(piece);
            case Held.Thought(StringBuilder all) -> all.append(piece);
            case Held.ACall _ -> throw new IllegalStateException("a call is no text");
        }
        heldSize += piece.length();
        endIfFull();
    }

    /** Whether something that is not the call under way can be given out. */
    private boolean isFree() {
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
                heldSize += CALL;
            }
            boolean begun = of.name() != null;
            int size = of.size();
            of.add(piece);
            heldSize += of.size() - size;
            if (!begun && of.name() != null) {
                begin(of);
            } else if (of == call && !held.isEmpty()) {
                boolean _ = isFree();
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
            endAsFull();
        } else if (isFree()) {
            give(next);
        } else {
            held.add(new Held.ACall(next));
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
            heldSize -= over.size() + CALL;
            out.whole(over.whole());
        }
    }

    /** Gives out what was held back, up to the next call that may go on. */
    private void giveHeld() {
        while (!held.isEmpty() && (call == null || call.isComplete())) {
            endCall();
            switch (held.remove()) {
                case Held.Text(StringBuilder all) -> {
                    heldSize -= all.length();
                    endThought();
                    giveText(all.toString());
                }
                case Held.Thought(StringBuilder all) -> {
                    heldSize -= all.length();
                    giveThought(all.toString());
                }
                case Held.ACall(CallDraft next) -> give(next);
            }
        }
    }

    private void endIfFull() {
        if (heldSize > most) {
            endAsFull();
        }
    }

    private void endAsFull() {
        end();
        full.run();
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
    void keep(@Nullable Beside beside) {
        kept = beside;
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
