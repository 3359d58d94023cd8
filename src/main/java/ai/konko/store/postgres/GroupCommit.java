package ai.konko.store.postgres;

import ai.konko.chat.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Commits what is asked for at the same time together, because round trips and commits are most of
 * what a turn costs in the database. What comes alone waits for nobody. What comes while a
 * transaction runs gathers, and the next one takes all of it.
 *
 * <p>What would have to wait for somebody else's lock, or is not plain, is left out and done alone:
 * so nobody waits for a stranger's chat. If a transaction takes long, others begin beside it.
 *
 * @param <Q> what is asked for
 * @param <R> what has come of it
 */
final class GroupCommit<Q, R> {
    /** How many requests a transaction takes. */
    private static final int MOST = 64;

    /** How many transactions run at once, if the first ones take long. */
    private static final int TRANSACTIONS = 4;

    /** A transaction is usually over by then. */
    private static final Duration PATIENCE = Duration.ofMillis(25);

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final Database database;
    private final Together<Q, R> together;
    private final Function<Q, R> alone;
    private final Queue<Request<Q, R>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger running = new AtomicInteger();

    /** Does several in one transaction. */
    @FunctionalInterface
    interface Together<Q, R> {

        /**
         * @return for each of these requests what has come of it; empty if it has to be done alone
         */
        List<Optional<R>> of(List<Q> requests);
    }

    /** One that waits, and what has come of it. */
    private static final class Request<Q, R> {
        private final Q asked;
        private final CompletableFuture<Optional<R>> result = new CompletableFuture<>();

        /** Whether a transaction has taken it, because to look through all that wait takes long. */
        private volatile boolean taken;

        private Request(Q asked) {
            this.asked = asked;
        }
    }

    GroupCommit(Database database, Together<Q, R> together, Function<Q, R> alone) {
        this.database = database;
        this.together = together;
        this.alone = alone;
    }

    /** Returns once it is committed. */
    R commit(Q asked) {
        Optional<R> result =
                database.inPlace(
                        () -> {
                            Request<Q, R> request = new Request<>(asked);
                            waiting.add(request);
                            runBeside(0);
                            return resultOf(request);
                        });
        return result.orElseGet(() -> alone.apply(asked));
    }

    /** Runs a transaction now if at most so many run. */
    private void runBeside(int others) {
        int now = running.get();
        if (now <= others && running.compareAndSet(now, now + 1)) {
            runOne();
        }
    }

    /** Another thread goes on if more has come meanwhile; else those who wait do. */
    private void runOne() {
        try {
            run();
        } finally {
            running.decrementAndGet();
        }
        try {
            if (!waiting.isEmpty()) {
                Thread _ = Thread.ofVirtual().name("store-group").start(() -> runBeside(0));
            }
        } catch (Error _) {
            // No thread is to be had. What this one was to commit is committed all the same.
        }
    }

    private void run() {
        List<Request<Q, R>> some = new ArrayList<>(MOST);
        try {
            for (Request<Q, R> next; some.size() < MOST && (next = waiting.poll()) != null; ) {
                next.taken = true;
                some.add(next);
            }
            if (some.isEmpty()) {
                return;
            }
            List<Optional<R>> results = together.of(some.stream().map(each -> each.asked).toList());
            for (int i = 0; i < some.size(); i++) {
                some.get(i).result.complete(results.get(i));
            }
        } catch (RefusedException refused) {
            some.forEach(each -> each.result.completeExceptionally(refused));
        } catch (RuntimeException _) { // one of them is at fault; alone it hurts nobody else
            some.forEach(each -> each.result.complete(Optional.empty()));
        } catch (Error failed) {
            some.forEach(each -> each.result.completeExceptionally(failed));
        }
    }

    private Optional<R> resultOf(Request<Q, R> request) {
        long waitingSince = System.nanoTime();
        try {
            while (true) {
                try {
                    return request.result.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException _) {
                    if (System.nanoTime() - waitingSince > LONGEST_WAIT.toNanos()) {
                        return giveUp(request, Database.tooSlow());
                    }
                    if (!request.taken) {
                        runBeside(TRANSACTIONS - 1);
                    }
                }
            }
        } catch (ExecutionException failed) {
            throw failure(failed.getCause());
        } catch (InterruptedException _) {
            return giveUp(request, Database.interrupted());
        }
    }

    /** What is under way is waited for, because it may be committed. */
    private Optional<R> giveUp(Request<Q, R> request, RefusedException refused) {
        if (waiting.remove(request)) {
            throw refused;
        }
        try {
            return request.result.join();
        } catch (CompletionException failed) {
            throw failure(failed.getCause());
        }
    }

    /** The failure of all, for one of them. */
    private static RuntimeException failure(@Nullable Throwable cause) {
        return cause instanceof RefusedException refused
                ? refused
                : new IllegalStateException("The transaction of several has failed", cause);
    }
}
