package ai.konko.store.postgres;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static java.nio.file.attribute.PosixFilePermissions.asFileAttribute;
import static java.nio.file.attribute.PosixFilePermissions.fromString;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.FileUtils;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server that this process brings along and runs for itself alone. It is reachable
 * from this machine only, with a password that is made once and kept beside the data.
 *
 * <p>The server is a process of its own, which goes on when this one is killed. So the next start
 * finds the server by its pid file and stops it first. Nobody uses it then, because whoever uses it
 * holds the folder's lock.
 */
public final class EmbeddedServer implements AutoCloseable {
    public static final String USER = "postgres";

    private static final String DATA = "postgresql";

    /** This file exists once the server has started for the first time. */
    private static final String MADE = "made";

    /** How the pid file begins. */
    private static final Pattern PROCESS = Pattern.compile("([0-9]{1,18})\\n");

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** The port for this process' server, chosen once. */
    static final int PORT = freePort();

    private final Path folder;
    private final Path pidFile;
    private final int port;
    private @Nullable FileChannel lockFile;
    private @Nullable FileLock lock;
    private @Nullable EmbeddedPostgres server;

    /**
     * @param folder for the data, the log and the unpacked binaries; made if need be
     */
    public EmbeddedServer(Path folder, int port) {
        this.folder = folder.toAbsolutePath();
        this.pidFile = this.folder.resolve(DATA).resolve("postmaster.pid");
        this.port = port;
    }

    /** The address of the server on that port. */
    public static String jdbcUrl() {
        return "jdbc:postgresql://localhost:" + PORT + "/postgres";
    }

    /** The password for the server whose data is in this folder; made if there is none yet. */
    public static String password(Path folder) {
        Path file = folder.toAbsolutePath().resolve("password");
        try {
            return Files.readString(file).strip();
        } catch (NoSuchFileException _) {
            return newPassword(folder, file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String newPassword(Path folder, Path file) {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        String password = HexFormat.of().formatHex(random);
        try {
            makeFolder(folder.toAbsolutePath());
            Path written = Files.createTempFile(folder.toAbsolutePath(), "password", "");
            Files.writeString(written, password); // temporary files are for their owner only
            Files.createLink(file, written);
            Files.delete(written);
            return password;
        } catch (FileAlreadyExistsException _) {
            return password(folder);
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }

    /**
     * Starts the server, and returns when it answers.
     *
     * @throws IllegalStateException if another process uses the folder
     * @throws ConfigurationException see {@link EmbeddedVersion#require}
     */
    public void start() throws IOException {
        makeFolder(folder);
        lock();
        EmbeddedVersion.require(folder.resolve(DATA));
        begin();
    }

    /** Whether the server's process is there. */
    boolean runs() throws IOException {
        return process().isPresent();
    }

    /**
     * Restarts a server that has ended by itself, with its data.
     *
     * @throws IOException if it does not start, for example with a full disk; may be tried again
     */
    void startAgain() throws IOException {
        EmbeddedPostgres ended = server;
        server = null;
        if (ended != null) {
            ended.close();
        }
        begin();
    }

    private void begin() throws IOException {
        stopOrphan();
        removeCutPidFile();
        removeHalfMade();
        String password = password(folder);
        server =
                EmbeddedPostgres.builder()
                        .setDataDirectory(folder.resolve(DATA))
                        .setCleanDataDirectory(false)
                        .setOverrideWorkingDirectory(folder.resolve("binaries").toFile())
                        .setRegisterShutdownHook(false) // turns end first
                        .setPort(port)
                        .setPGStartupWait(PATIENCE)
                        .setServerConfig("fsync", "on") // the builder turns this and the next off
                        .setServerConfig("synchronous_commit", "on")
                        .setServerConfig("unix_socket_directories", "")
                        .setLocaleConfig("locale-provider", "builtin")
                        .setLocaleConfig("builtin-locale", "C.UTF-8")
                        .setLocaleConfig("locale", "C")
                        .setLocaleConfig("auth", "scram-sha-256")
                        .setLocaleConfig("pwfile", folder.resolve("password").toString())
                        .setConnectConfig("password", password)
                        .setOutputRedirector(
                                Redirect.appendTo(folder.resolve("postgresql.log").toFile()))
                        .start();
        Files.writeString(folder.resolve(MADE), "");
    }

    /** For this user only. */
    private static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, asFileAttribute(fromString("rwx------")));
        }
    }

    /** Removes the remains of a first start that was killed midway; they have no data. */
    private void removeHalfMade() throws IOException {
        if (!Files.exists(folder.resolve(MADE))) {
            FileUtils.deleteDirectory(folder.resolve(DATA).toFile());
        }
    }

    /** Until the file is closed. */
    private void lock() throws IOException {
        lockFile = FileChannel.open(folder.resolve("lock"), CREATE, WRITE);
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException _) {
            lock = null;
        }
        if (lock == null) {
            lockFile.close();
            throw new IllegalStateException(
                    "the folder KONKO_DATA is in use by another process: " + folder);
        }
    }

    private void stopOrphan() throws IOException {
        Optional<ProcessHandle> orphan = process();
        if (orphan.isPresent()) {
            orphan.get().destroy();
            try {
                orphan.get().onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
            } catch (CompletionException failed) {
                throw new IOException(
                        "the database server of an earlier run does not stop", failed);
            }
        }
    }

    /** The process that the pid file names, if it is a PostgreSQL that runs. */
    private Optional<ProcessHandle> process() throws IOException {
        return processId()
                .flatMap(ProcessHandle::of)
                .filter(each -> each.info().command().orElse("").endsWith("postgres"));
    }

    private Optional<Long> processId() throws IOException {
        try {
            Matcher id = PROCESS.matcher(Files.readString(pidFile, StandardCharsets.ISO_8859_1));
            return id.lookingAt() ? Optional.of(Long.valueOf(id.group(1))) : Optional.empty();
        } catch (NoSuchFileException _) { // a server that stops removes it
            return Optional.empty();
        }
    }

    /** PostgreSQL would never start with a pid file that was cut, for example by a full disk. */
    private void removeCutPidFile() throws IOException {
        if (processId().isEmpty()) {
            Files.deleteIfExists(pidFile);
        }
    }

    /** Stops the server. Its data is kept. */
    @Override
    public void close() throws IOException {
        if (server != null) {
            server.close();
        }
        if (lockFile != null) {
            lockFile.close();
        }
    }

    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException none) {
            throw new UncheckedIOException(none);
        }
    }
}
