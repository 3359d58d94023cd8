package ai.konko.http;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The ERROR lines that this process has logged since, for tests of which none may log one. */
public final class ErrorLog implements AutoCloseable {
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();

    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord line) {
                    if (line.getLevel().intValue() >= Level.SEVERE.intValue()) {
                        lines.add(line.getLoggerName() + " " + line.getMessage());
                    }
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    private ErrorLog() {
        Logger.getLogger("").addHandler(handler);
    }

    public static ErrorLog watched() {
        return new ErrorLog();
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        Logger.getLogger("").removeHandler(handler);
    }
}
