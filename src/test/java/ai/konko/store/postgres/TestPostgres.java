package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.flywaydb.core.Flyway;

/**
 * A real PostgreSQL for the tests of one JVM, started when it is first asked for. Each user takes a
 * database of its own.
 */
public final class TestPostgres {
    private static final Path FOLDER =
            Path.of("target", "postgres-" + ProcessHandle.current().pid()).toAbsolutePath();

    /** Classes are loaded several times in a JVM that runs Quarkus; there is one server. */
    private static final String PORT = "test.postgres.port";

    private TestPostgres() {}

    /** The port of the server, started if need be. */
    public static synchronized int port() {
        if (System.getProperty(PORT) == null) {
            int port = EmbeddedServer.freePort();
            EmbeddedServer server = new EmbeddedServer(FOLDER, port);
            try {
                server.start();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server)));
            System.setProperty(PORT, Integer.toString(port));
        }
        return Integer.getInteger(PORT);
    }

    private static void close(EmbeddedServer server) {
        try {
            server.close();
            FileUtils.deleteDirectory(FOLDER.toFile());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    public static String user() {
        return EmbeddedServer.USER;
    }

    public static String password() {
        return EmbeddedServer.password(FOLDER);
    }

    /** The server, once it is started. */
    public static ProcessHandle process() throws IOException {
        return postmaster(FOLDER);
    }

    private static ProcessHandle postmaster(Path folder) throws IOException {
        Path file = folder.resolve("postgresql").resolve("postmaster.pid");
        return ProcessHandle.of(Long.parseLong(Files.readAllLines(file).getFirst().strip()))
                .orElseThrow();
    }

    /** A server of one's own, to be stopped and started. */
    public static final class Server implements AutoCloseable {
        private final Path folder;
        private final int port = EmbeddedServer.freePort();
        private EmbeddedServer server;

        /**
         * @param folder where its data is kept
         */
        public Server(Path folder) {
            this.folder = folder;
        }

        public Server start() throws IOException {
            server = new EmbeddedServer(folder, port);
            server.start();
            return this;
        }

        public String url() {
            return "postgresql://localhost:" + port + "/postgres";
        }

        public String password() {
            return EmbeddedServer.password(folder);
        }

        public int port() {
            return port;
        }

        /**
         * A server that follows this one, started. Its data is a base backup, made as {@code
         * pg_basebackup} makes it, which does not come with the build.
         *
         * @param copy its folder, to be made
         */
        public Server standby(Path copy) throws IOException, InterruptedException, SQLException {
            Path data = copy.resolve("postgresql");
            try (Connection connection = connection();
                    Statement statement = connection.createStatement()) {
                statement.execute("select pg_backup_start('standby', true)");
                run(List.of("cp", "-a", folder.toString(), copy.toString()));
                try (ResultSet backup =
                        statement.executeQuery("select labelfile from pg_backup_stop(false)")) {
                    backup.next();
                    Files.writeString(data.resolve("backup_label"), backup.getString(1));
                }
            }
            Files.delete(data.resolve("postmaster.pid"));
            FileUtils.cleanDirectory(data.resolve("pg_wal").toFile());
            Files.writeString(data.resolve("standby.signal"), "");
            Files.writeString(
                    data.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=localhost port=%d user=%s password=%s'"
                            .formatted(port, user(), password()));
            return new Server(copy).start();
        }

        /** Makes it the primary, and returns when it is. */
        public void promote() throws SQLException {
            assertThat(ask("select pg_promote()")).isEqualTo("t");
        }

        /** Executes these, and returns the first value that the last one finds. */
        public String ask(String... statements) throws SQLException {
            try (Connection connection = connection();
                    Statement statement = connection.createStatement()) {
                for (String each : statements) {
                    statement.execute(each);
                }
                ResultSet found = statement.getResultSet();
                return found.next() ? found.getString(1) : "";
            }
        }

        private Connection connection() throws SQLException {
            return DriverManager.getConnection("jdbc:" + url(), user(), password());
        }

        /** By {@code kill -9}, with all of its processes, as if its machine was gone. */
        public void kill() throws IOException, InterruptedException {
            signal("KILL");
        }

        /** The same. With {@link #start} it can be there again. */
        public void killToStartAgain() throws IOException, InterruptedException {
            List<ProcessHandle> all = new ArrayList<>(postmaster().descendants().toList());
            all.add(postmaster());
            kill();
            all.forEach(each -> each.onExit().join()); // they hold its memory
            server.close();
        }

        public long pid() throws IOException {
            return postmaster().pid();
        }

        /** Like {@code pg_ctl stop -m immediate}: without a checkpoint. */
        public void crash() throws IOException, InterruptedException {
            ProcessHandle postmaster = postmaster();
            signal("QUIT");
            ProcessHandle _ = postmaster.onExit().join();
            server.close();
        }

        /** It is there, and does nothing. */
        public void freeze() throws IOException, InterruptedException {
            signal("STOP");
        }

        public void thaw() throws IOException, InterruptedException {
            signal("CONT");
        }

        /**
         * Signals the server, and unless it ends them itself, its sessions too, because they would
         * go on.
         */
        private void signal(String name) throws IOException, InterruptedException {
            ProcessHandle postmaster = postmaster();
            List<String> command = new ArrayList<>(List.of("kill", "-" + name));
            command.add(Long.toString(postmaster.pid()));
            if (!name.equals("QUIT")) {
                postmaster.descendants().forEach(each -> command.add(Long.toString(each.pid())));
            }
            run(command);
        }

        private static void run(List<String> command) throws IOException, InterruptedException {
            int _ = new ProcessBuilder(command).start().waitFor();
        }

        private ProcessHandle postmaster() throws IOException {
            return TestPostgres.postmaster(folder);
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    /** A new and empty database, as {@code postgresql://…}. */
    public static String newDatabase(String name) {
        return newDatabase(name, "");
    }

    /** The same, with options of {@code create database}. */
    public static String newDatabase(String name, String options) {
        execute(
                server(),
                "drop database if exists " + name + " with (force)",
                "create database " + name + " " + options);
        return "postgresql://localhost:" + port() + "/" + name;
    }

    /** The database that is always there. */
    static String server() {
        return "postgresql://localhost:" + port() + "/postgres";
    }

    /** Connections to this database, with the schema made. */
    static AgroalDataSource migrated(String url) {
        return migrated(url, user(), password());
    }

    public static AgroalDataSource migrated(String url, String user, String password) {
        try (AgroalDataSource source = source(url, user, password);
                Connection connection = new Sessions(() -> source).open()) {
            Flyway flyway = Flyway.configure().dataSource(source).load();
            new Schema(flyway).migrate(new Session(connection));
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
        return source(url, user, password);
    }

    /** Connections like those that Quarkus makes. */
    static AgroalDataSource source(String url, String user, String password) {
        try {
            return AgroalDataSource.from(
                    new AgroalDataSourceConfigurationSupplier()
                            .connectionPoolConfiguration(
                                    pool ->
                                            pool.maxSize(20)
                                                    .acquisitionTimeout(Duration.ofSeconds(3))
                                                    .exceptionSorter(
                                                            new PostgreSQLExceptionSorter())
                                                    .connectionFactoryConfiguration(
                                                            factory ->
                                                                    factory.jdbcUrl("jdbc:" + url)
                                                                            .principal(
                                                                                    new NamePrincipal(
                                                                                            user))
                                                                            .credential(
                                                                                    new SimplePassword(
                                                                                            password)))));
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** Done by the server's first user. */
    static void execute(String url, String... statements) {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:" + url, user(), password());
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        } catch (SQLException failed) {
            throw new IllegalStateException(failed);
        }
    }
}
