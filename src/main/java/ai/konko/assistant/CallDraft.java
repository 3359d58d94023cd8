package ai.konko.assistant;

import ai.konko.chat.Item.Call;
import ai.konko.chat.WellFormed;
import org.jspecify.annotations.Nullable;

/** A call of a tool that the model writes, piece by piece. */
final class CallDraft {
    /** What each call costs in the bound, so that empty calls are bounded too. */
    private static final int CALL = 64;

    private final StringBuilder arguments = new StringBuilder();
    private @Nullable String id;
    private @Nullable String name;

    // Where in the arguments, as JSON, the last piece has ended.
    private int depth;
    private boolean inString;
    private boolean escaped;
    private boolean complete;

    /** As it began, once it has. */
    private @Nullable Call begun;

    /**
     * Whether this is a piece of another call, although its index or id is this one's. A complete
     * call that is given once more, to the letter, is the same.
     */
    boolean isOther(CallPiece piece) {
        boolean sameId = piece.id() != null && piece.id().equals(id);
        if (piece.id() != null && id != null && !sameId) {
            return true;
        }
        if (piece.name() == null || (sameId && piece.index() >= 0)) {
            return false;
        }
        boolean renamed = name != null && !piece.name().equals(name);
        if (!complete) {
            return renamed && piece.index() < 0;
        }
        return renamed
                || (!piece.arguments().isBlank() && !piece.arguments().contentEquals(arguments));
    }

    /** Some providers repeat id and name with each piece. What is complete takes no more. */
    void add(CallPiece piece) {
        id = id == null ? piece.id() : id;
        name = name == null ? piece.name() : name;
        if (!complete) {
            arguments.append(piece.arguments());
            follow(piece.arguments());
        }
    }

    private void follow(String piece) {
        for (int i = 0; i < piece.length() && !complete; i++) {
            char unit = piece.charAt(i);
            if (escaped) {
                escaped = false;
            } else if (inString) {
                escaped = unit == '\\';
                inString = unit != '"';
                complete = !inString && depth == 0;
            } else {
                switch (unit) {
                    case '"' -> inString = true;
                    case '{', '[' -> depth++;
                    case '}', ']' -> complete = --depth <= 0;
                    default -> {
                        // Numbers and words have no end of their own.
                    }
                }
            }
        }
    }

    /** Whether the arguments are a JSON value that can't go on, as far as its brackets tell. */
    boolean isComplete() {
        return complete;
    }

    @Nullable String id() {
        return id;
    }

    @Nullable String name() {
        return name;
    }

    /** How many UTF-16 units are held, roughly. */
    int size() {
        return CALL + arguments.length();
    }

    /** The item when it begins, where the text is this long. */
    Call begin(int offset, CallIds ids) {
        begun = Call.open(offset, ids.next(id), WellFormed.repaired(name == null ? "" : name), "");
        return begun;
    }

    /** The item that has begun with all its arguments. */
    Call whole() {
        if (begun == null) {
            throw new IllegalStateException("a call begins before it is whole");
        }
        String all = arguments.toString();
        return Call.open(
                begun.offset(),
                begun.callId(),
                begun.tool(),
                all.isBlank() ? "{}" : WellFormed.repaired(all));
    }
}
