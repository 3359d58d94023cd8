package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import io.agroal.api.AgroalDataSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
    private static AgroalDataSource source;
    private static Database database;

    private final Queue<List<Integer>> groups = new ConcurrentLinkedQueue<>();
    private final CountDownLatch first = new CountDownLatch(1);

    @BeforeAll
    static void connect() {
        source = TestPostgres.migrated(TestPostgres.newDatabase("groups"));
        database = new Database(() -> source, 20, 1000);
    }

    @AfterAll
    static void disconnect() {
        source.close();
    }

    @Test
    void commit_whileATransactionRuns_gathers() throws Exception {
        GroupCommit<Integer, String> commits = commits(asked -> done(asked));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> results = submitted(threads, commits, 10);
            first.countDown();

            for (int i = 0; i < 10; i++) {
                assertThat(results.get(i).get()).isEqualTo("done " + i);
            }
        }
        assertThat(groups.stream().flatMap(List::stream))
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 10).boxed().toList());
        assertThat(groups.peek()).containsExactly(0);
        assertThat(groups.size()).as("the others came together").isLessThan(10);
    }

    /** The first one hangs until the others are done. */
    @Test
    void commit_besideATransactionThatTakesLong_isDoneAllTheSame() throws Exception {
        GroupCommit<Integer, String> commits = commits(asked -> done(asked));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> results = submitted(threads, commits, 5);
            try {
                for (int i = 1; i < 5; i++) {
                    assertThat(results.get(i).get()).isEqualTo("done " + i);
                }
                assertThat(results.getFirst()).isNotDone();
            } finally {
                first.countDown(); // so that the threads end also if this has failed
            }
        }
    }

    @Test
    void commit_withOneThatFails_doesEachAlone() throws Exception {
        GroupCommit<Integer, String> commits =
                commits(
                        _ -> {
                            throw new IllegalStateException("one is at fault");
                        });
        first.countDown();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<String> each : submitted(threads, commits, 3)) {
                assertThat(each.get()).startsWith("alone");
            }
        }
    }

    @Test
    void commit_whileTheStoreIsGone_isRefusedToAll() throws Exception {
        GroupCommit<Integer, String> commits =
                commits(
                        _ -> {
                            throw Database.tooSlow();
                        });
        first.countDown();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<String> each : submitted(threads, commits, 3)) {
                assertThatThrownBy(each::get)
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOfSatisfying(
                                RefusedException.class,
                                refused ->
                                        assertThat(refused.code())
                                                .isEqualTo(ErrorCode.STORE_UNAVAILABLE));
            }
        }
    }

    /** Those that begin with 0 wait for the latch. */
    private GroupCommit<Integer, String> commits(GroupCommit.Together<Integer, String> together) {
        return new GroupCommit<>(
                database,
                asked -> {
                    groups.add(asked);
                    if (asked.getFirst() == 0) {
                        awaitFirst();
                    }
                    return together.of(asked);
                },
                asked -> "alone " + asked);
    }

    private static List<Optional<String>> done(List<Integer> asked) {
        return asked.stream().map(each -> Optional.of("done " + each)).toList();
    }

    private void awaitFirst() {
        try {
            first.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    /** The first one begins before the others come. */
    private List<Future<String>> submitted(
            ExecutorService threads, GroupCommit<Integer, String> commits, int count) {
        List<Future<String>> results = Collections.synchronizedList(new ArrayList<>());
        results.add(threads.submit(() -> commits.commit(0)));
        await().until(() -> !groups.isEmpty());
        for (int i = 1; i < count; i++) {
            int asked = i;
            results.add(threads.submit(() -> commits.commit(asked)));
        }
        return results;
    }
}
