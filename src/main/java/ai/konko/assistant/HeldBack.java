package ai.konko.assistant;

import java.util.ArrayDeque;
import java.util.Deque;

/** What comes after a call that is not whole yet, in its order. Most replies have none. */
final class HeldBack {
    private final Deque<Held> all = new ArrayDeque<>(0);
    private int size;

    sealed interface Held {
        record Text(StringBuilder text) implements Held {}

        record Thought(StringBuilder text) implements Held {}

        record Waiting(CallDraft call) implements Held {}
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** How many UTF-16 units of texts and reasoning there are. */
    int size() {
        return size;
    }

    void text(String piece) {
        if (all.peekLast() instanceof Held.Text(StringBuilder text)) {
            text.append(piece);
        } else {
            all.add(new Held.Text(new StringBuilder(piece)));
        }
        size += piece.length();
    }

    void thought(String piece) {
        if (all.peekLast() instanceof Held.Thought(StringBuilder text)) {
            text.append(piece);
        } else {
            all.add(new Held.Thought(new StringBuilder(piece)));
        }
        size += piece.length();
    }

    void call(CallDraft call) {
        all.add(new Held.Waiting(call));
    }

    /** Takes out the first. */
    Held remove() {
        Held first = all.remove();
        size -=
                switch (first) {
                    case Held.Text(StringBuilder text) -> text.length();
                    case Held.Thought(StringBuilder text) -> text.length();
                    case Held.Waiting _ -> 0;
                };
        return first;
    }
}
