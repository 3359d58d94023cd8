package ai.konko.store.postgres;

import ai.konko.chat.RefusedException;
import ai.konko.store.postgres.Database.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Commits what is asked for at the same time together, because round trips and commits are most of
 * what a turn costs in the database. What comes alone waits for nobody. While as many transactions
 * as may run do so, the others gather, and the next one takes them all.
 *
 * <p>What would have to wait for somebody else's lock, or is not plain, is left out and done alone:
 * so nobody waits for a stranger's chat.
 *
 * @param <Q> what is asked for
 * @param <R> what has come of it
 */
final class GroupCommit<Q, R> {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final Database database;
    private final int most;
    private final Semaphore transactions;
    private final Together<Q, R> together;
    private final Function<Q, R> alone;
    private final Queue<Request<Q, R>> waiting = new ConcurrentLinkedQueue<>();

    /** Does several in one transaction. */
    @FunctionalInterface
    interface Together<Q, R> {

        /**
         * @return for each of these requests what has come of it; empty if it has to be done alone
         */
        List<Optional<R>> of(List<Q> requests);
    }

    /** One that waits, and what has come of it. */
    private record Request<Q, R>(Q asked, CompletableFuture<Optional<R>> result) {}

    /**
     * @param transactions how many may run at once
     * @param most how many requests one of them takes
     */
    GroupCommit(
            Database database,
            int transactions,
            int most,
            Together<Q, R> together,
            Function<Q, R> alone) {
        this.database = database;
        this.transactions = new Semaphore(transactions);
        this.most = most;
        this.together = together;
        this.alone = alone;
    }

    /** Returns once it is committed. */
    R commit(Q asked) {
        Optional<R> result =
                database.inPlace(
                        () -> {
                            Request<Q, R> request = new Request<>(asked, new CompletableFuture<>());
                            waiting.add(request);
                            if (transactions.tryAcquire()) {
                                runOne();
                            }
                            return resultOf(request);
                        });
        return result.orElseGet(() -> alone.apply(asked));
    }

    /** Runs one transaction, and lets another thread go on if more has come meanwhile. */
    private void runOne() {
        try {
            run();
        } finally {
            transactions.release();
        }
        if (!waiting.isEmpty() && transactions.tryAcquire()) {
            Thread _ = Thread.ofVirtual().name("store-group").start(this::runOne);
        }
    }

    private void run() {
        List<Request<Q, R>> some = new ArrayList<>();
        for (Request<Q, R> next; some.size() < most && (next = waiting.poll()) != null; ) {
            some.add(next);
        }
        if (some.isEmpty()) {
            return;
        }
        try {
            List<Optional<R>> results = together.of(some.stream().map(Request::asked).toList());
            for (int i = 0; i < some.size(); i++) {
                some.get(i).result.complete(results.get(i));
            }
        } catch (StoreException _) { // one of them is at fault; alone it hurts nobody else
            some.forEach(each -> each.result.complete(Optional.empty()));
        } catch (RuntimeException | Error failed) {
            some.forEach(each -> each.result.completeExceptionally(failed));
        }
    }

    private Optional<R> resultOf(Request<Q, R> request) {
        try {
            return request.result.get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw failure(failed.getCause());
        } catch (TimeoutException _) {
            if (waiting.remove(request)) {
                throw Database.tooSlow();
            }
            return outcome(request); // under way
        } catch (InterruptedException _) {
            if (waiting.remove(request)) {
                throw Database.interrupted();
            }
            return outcome(request);
        }
    }

    private Optional<R> outcome(Request<Q, R> request) {
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
