package ai.konko.packaged;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Kills the processes that this one has started, once this one has ended, however it has ended. It
 * is a process of its own, which waits for the end of what it is told.
 */
final class Guard {
    /** The last line has those that are there. */
    private static final String SCRIPT =
            "trap '' INT TERM HUP; while read -r line; do pids=$line; done; [ -z \"$pids\" ] ||"
                    + " kill -9 $pids";

    private final Map<String, Long> kept = new LinkedHashMap<>();
    private final PrintWriter told;

    Guard() throws IOException {
        told = new PrintWriter(new ProcessBuilder("sh", "-c", SCRIPT).start().outputWriter(), true);
    }

    /**
     * @param place where there is one at a time
     */
    synchronized void keep(String place, long pid) {
        kept.put(place, pid);
        tell();
    }

    /** It has ended, so another process may get its id. */
    synchronized void drop(String place) {
        kept.remove(place);
        tell();
    }

    synchronized void dropAll() {
        kept.clear();
        tell();
    }

    private void tell() {
        told.println(kept.values().stream().map(String::valueOf).collect(Collectors.joining(" ")));
    }
}
