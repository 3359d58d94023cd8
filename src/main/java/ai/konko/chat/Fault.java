package ai.konko.chat;

import org.jspecify.annotations.Nullable;

/**
 * A throwable as it may be logged: its types and places and those of its causes, without their
 * messages, which can hold text of a chat or a key.
 */
public final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int DEEPEST = 8;

    private Fault(Throwable original, @Nullable Throwable cause) {
        super(original.getClass().getName(), cause, false, true);
        setStackTrace(original.getStackTrace());
    }

    public static Fault of(Throwable original) {
        return of(original, DEEPEST);
    }

    private static Fault of(Throwable original, int depth) {
        Throwable cause = original.getCause();
        return new Fault(original, cause == null || depth == 0 ? null : of(cause, depth - 1));
    }
}
