package ai.konko.chat;

import java.util.Collection;

/** Something whose text counts against the bounds on what is held, and on what one answer has. */
public interface Sized {
    /**
     * @return how many UTF-16 units of text it has; those of a fixed number, such as ids and times,
     *     need not be counted
     */
    long characters();

    /**
     * @return how many all of these have
     */
    static long characters(Collection<? extends Sized> all) {
        long sum = 0;
        for (Sized each : all) {
            sum += each.characters();
        }
        return sum;
    }
}
