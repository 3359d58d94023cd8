package ai.konko.chat;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A throwable as it may be logged: its types and places and those of its causes, and what the
 * database calls it, without their messages, which can hold text of a chat or a key.
 */
public final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int DEEPEST = 8;

    private Fault(Throwable original, @Nullable Throwable cause) {
        super(name(original), cause, false, true);
        setStackTrace(original.getStackTrace());
    }

    private static String name(Throwable original) {
        String type = original.getClass().getName();
        return original instanceof SQLException failed && failed.getSQLState() != null
                ? type + " (SQL state " + failed.getSQLState() + ")"
                : type;
    }

    public static Fault of(Throwable original) {
        return of(original, DEEPEST);
    }

    private static Fault of(Throwable original, int depth) {
        Throwable cause = original.getCause();
        return new Fault(original, cause == null || depth == 0 ? null : of(cause, depth - 1));
    }
}
