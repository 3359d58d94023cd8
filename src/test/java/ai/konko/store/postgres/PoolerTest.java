package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.ChatRepository.Observer;
import ai.konko.store.DatabaseUrl;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PgBouncer in transaction mode, in front of the database. It is the system's, as in CI. */
class PoolerTest {
    private static final Path PGBOUNCER = Path.of("/usr/sbin/pgbouncer");

    @TempDir Path folder;
    private final int port = EmbeddedServer.freePort();
    private String direct;
    private Process pooler;

    @BeforeEach
    void aPooler() throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(PGBOUNCER), "no PgBouncer found");
        direct = TestPostgres.newDatabase("pooled");
        write("users", "\"%s\" \"%s\"".formatted(TestPostgres.user(), TestPostgres.password()));
        Path settings =
                write(
                        "settings",
                        """
                        [databases]
                        * = host=127.0.0.1 port=%d
                        [pgbouncer]
                        listen_addr = 127.0.0.1
                        listen_port = %d
                        auth_type = plain
                        auth_file = %s/users
                        pool_mode = transaction
                        default_pool_size = 3
                        unix_socket_dir =
                        ignore_startup_parameters = extra_float_digits
                        """
                                .formatted(TestPostgres.port(), port, folder));
        pooler = start(settings);
        Awaitility.await().until(this::listens);
    }

    private Path write(String name, String text) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path file = Files.writeString(folder.resolve(name), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    /** It refuses to run as root. */
    private Process start(Path settings) throws IOException {
        boolean root = "root".equals(System.getProperty("user.name"));
        List<String> command =
                root
                        ? List.of(PGBOUNCER.toString(), "-u", "nobody", settings.toString())
                        : List.of(PGBOUNCER.toString(), settings.toString());
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @AfterEach
    void stop() {
        if (pooler != null) {
            pooler.destroy();
            int _ = pooler.onExit().join().exitValue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?prepareThreshold=0"})
    void pooler_inTransactionMode_changesNothing(String parameters) throws Exception {
        TestPostgres.execute(
                direct, "alter database pooled set default_transaction_isolation = 'serializable'");
        String url = "postgresql://127.0.0.1:%d/pooled%s".formatted(port, parameters);
        try (TestLog log = TestLog.on(url);
                TestLog other = TestLog.on(url)) {
            for (int round = 0; round < 3; round++) {
                log.assertWorks();
                log.assertTakesPostsAtOnce();
                other.assertTakesPostsAtOnce();
            }
            assertThat(log.database.<String>statement(DatabaseDefaultsTest::bounds))
                    .isEqualTo("read committed 5s 0 10s on");
            assertThat(log.database.<String>transaction(DatabaseDefaultsTest::bounds))
                    .isEqualTo("read committed 5s 0 10s on");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void changes_ofOthers_comeByNotificationOnADirectConnectionAndByPollingWithout(boolean directly)
            throws Exception {
        String url = "postgresql://127.0.0.1:%d/pooled".formatted(port);
        try (TestLog log = TestLog.on(url);
                TestLog others = TestLog.on(url)) {
            UUID chat = log.chat("x");
            List<UUID> polled = new CopyOnWriteArrayList<>();
            List<UUID> notified = new CopyOnWriteArrayList<>();
            Replica here = replica(log.database);
            here.observe(
                    new Observer() {
                        @Override
                        public void changed(Predicate<UUID> chats) {
                            if (chats.test(chat)) {
                                (chats.test(UUID.randomUUID()) ? polled : notified).add(chat);
                            }
                        }

                        @Override
                        public void startable(UUID chatId) {
                            // Nothing runs here.
                        }

                        @Override
                        public void toStop(UUID chatId, UUID replyId, int attempt) {
                            // Nothing runs here.
                        }
                    });
            Replica there = replica(others.database);
            here.join(directly ? direct(log) : null);
            there.join(null);

            Awaitility.await()
                    .until(
                            () -> {
                                there.changed(chat);
                                return !polled.isEmpty() && (!directly || !notified.isEmpty());
                            });

            assertThat(!notified.isEmpty()).as("notified").isEqualTo(directly);
            here.handOver();
            there.handOver();
        }
    }

    private static Replica replica(Database database) {
        UUID id = UUID.randomUUID();
        return new Replica(
                id,
                database,
                new RunningReplies(id),
                Duration.ofSeconds(10),
                false,
                Duration.ofMillis(50),
                ReplicaAddress.of(id, null));
    }

    private DirectConnection direct(TestLog log) {
        return new DirectConnection(
                DatabaseUrl.of(direct),
                log.source
                        .getConfiguration()
                        .connectionPoolConfiguration()
                        .connectionFactoryConfiguration());
    }
}
