package ai.konko.store.postgres;

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
         * Signals the server, and if it is to freeze, its sessions too, because they would go on.
         */
        private void signal(String name) throws IOException, InterruptedException {
            ProcessHandle postmaster = postmaster();
            List<String> command = new ArrayList<>(List.of("kill", "-" + name));
            command.add(Long.toString(postmaster.pid()));
            if (!name.equals("QUIT")) {
                postmaster.descendants().forEach(each -> command.add(Long.toString(each.pid())));
            }
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

    static AgroalDataSource migrated(String url, String user, String password) {
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
