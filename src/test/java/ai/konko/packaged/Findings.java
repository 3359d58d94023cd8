package ai.konko.packaged;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What a {@link KillSoak} has counted, and what of it is not as it has to be. */
final class Findings {
    private static final int TOLD = 10;

    private final Queue<String> differences = new ConcurrentLinkedQueue<>();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicInteger checked = new AtomicInteger();
    private final AtomicInteger askedAgain = new AtomicInteger();
    private final AtomicInteger givenUp = new AtomicInteger();
    private final AtomicInteger resumed = new AtomicInteger();
    private final AtomicInteger repeated = new AtomicInteger();
    private final AtomicLong longestTurn = new AtomicLong();

    /** When the last request was sent that was answered, by {@link System#nanoTime}. */
    private final AtomicLong answered = new AtomicLong(Long.MIN_VALUE);

    private final List<Long> outages = new ArrayList<>();
    private final long begun = System.nanoTime();

    /** Something does not hold. */
    void add(String difference) {
        differences.add(difference);
        if (differences.size() <= TOLD) {
            System.out.println("DIFFERENCE: " + difference);
        }
    }

    int count() {
        return differences.size();
    }

    /** A turn was taken in, or ended, or told again. */
    void answered(long sent) {
        answered.accumulateAndGet(sent, Math::max);
    }

    boolean answeredSince(long moment) {
        return answered.get() > moment;
    }

    void ended(long sinceNanos) {
        acknowledged.incrementAndGet();
        longestTurn.accumulateAndGet(System.nanoTime() - sinceNanos, Math::max);
    }

    void checked(int turns) {
        checked.addAndGet(turns);
    }

    /** The model was, because the one that had asked was killed. */
    void askedAgain(int times) {
        askedAgain.addAndGet(times);
    }

    void givenUp() {
        givenUp.incrementAndGet();
    }

    /** A stream, after it was broken off. */
    void resumed() {
        resumed.incrementAndGet();
    }

    /** A post, with its key. */
    void repeated() {
        repeated.incrementAndGet();
    }

    void servedAgain(long killed) {
        outages.add(System.nanoTime() - killed);
    }

    void print(int kills) {
        List<Long> sorted = new ArrayList<>(outages);
        Collections.sort(sorted);
        System.out.printf(
                "%4d kills in %d s: %d turns acknowledged, %d checked; %d posts repeated, %d"
                        + " streams resumed, model asked again %d times, %d given up; served again"
                        + " after %d ms (median), %d ms (longest); longest turn %.1f s; %d"
                        + " differences%n",
                kills,
                (System.nanoTime() - begun) / 1_000_000_000,
                acknowledged.get(),
                checked.get(),
                repeated.get(),
                resumed.get(),
                askedAgain.get(),
                givenUp.get(),
                sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2) / 1_000_000,
                sorted.isEmpty() ? 0 : sorted.getLast() / 1_000_000,
                longestTurn.get() / 1e9,
                differences.size());
    }

    /** Says it, and returns whether all holds. */
    boolean verdict() {
        boolean holds = differences.isEmpty() && checked.get() > 0;
        System.out.println(
                holds
                        ? "HOLDS: nothing is lost, nothing is twice, every turn has ended"
                        : "DOES NOT HOLD: %d differences, the first ones:".formatted(count()));
        differences.stream().limit(TOLD).forEach(each -> System.out.println("- " + each));
        return holds;
    }
}
