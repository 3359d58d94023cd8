package ai.konko.chat;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How work that must not be lost gets over a time in which the log can't be reached. */
public final class StoreOutage {
    private static final Duration FIRST = Duration.ofMillis(50);
    private static final Duration LONGEST = Duration.ofSeconds(1);

    private StoreOutage() {}

    /**
     * Does {@code operation} until the log can be reached, blocking in between.
     *
     * @param operation may be done more than once
     * @param givenUp whether nobody wants it done any more
     * @throws RefusedException what the operation is refused with; {@link
     *     ErrorCode#STORE_UNAVAILABLE} only once it is given up
     */
    public static <T extends @Nullable Object> T outlast(
            Supplier<T> operation, BooleanSupplier givenUp) {
        Duration pause = FIRST;
        while (true) {
            try {
                return operation.get();
            } catch (RefusedException refused) {
                if (refused.code() != ErrorCode.STORE_UNAVAILABLE
                        || givenUp.getAsBoolean()
                        || !rest(pause)) {
                    throw refused;
                }
                pause =
                        pause.multipliedBy(2).compareTo(LONGEST) < 0
                                ? pause.multipliedBy(2)
                                : LONGEST;
            }
        }
    }

    private static boolean rest(Duration pause) {
        try {
            Thread.sleep(pause);
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
