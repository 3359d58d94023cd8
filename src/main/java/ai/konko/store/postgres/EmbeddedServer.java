package ai.konko.store.postgres;

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
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.FileUtils;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server that this process brings along and runs for itself alone: reachable from this
 * machine only, with a password that is made once and kept beside the data.
 *
 * <p>It is a process of its own, which goes on when this one is killed. The next start finds it by
 * its file of the process' id and stops it first; that nobody uses it is certain, for whoever does
 * holds the folder's lock.
 */
public final class EmbeddedServer implements AutoCloseable {
    public static final String USER = "postgres";

    private static final String DATA = "postgresql";

    /** Is there once the server has started for the first time. */
    private static final String MADE = "made";

    /** How the file of the process' id begins. */
    private static final Pattern PROCESS = Pattern.compile("([0-9]{1,18})\\n");

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PORT = freePort();

    private final Path folder;
    private final int port;
    private @Nullable FileChannel lockFile;
    private @Nullable FileLock lock;
    private @Nullable EmbeddedPostgres server;

    /**
     * @param folder for the data, the log and the unpacked binaries; made if need be
     */
    public EmbeddedServer(Path folder, int port) {
        this.folder = folder.toAbsolutePath();
        this.port = port;
    }

    /** The port on which the server of this process is to listen, chosen once. */
    static int port() {
        return PORT;
    }

    /** Where that server is reached. */
    public static String jdbcUrl() {
        return "jdbc:postgresql://localhost:" + PORT + "/postgres";
    }

    int ownPort() {
        return port;
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
            Files.writeString(written, password); // for its owner only, as all temporary files are
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
     */
    public void start() throws IOException {
        makeFolder(folder);
        lock();
        begin();
    }

    /** Whether the server's process is there. */
    boolean runs() throws IOException {
        return process() != null;
    }

    /**
     * Starts a server that has ended by itself anew, on the data that it had.
     *
     * @throws IOException if it does not start, as with a full disk; may be tried again
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
        removeCutProcessFile();
        removeHalfMade();
        server =
                EmbeddedPostgres.builder()
                        .setDataDirectory(folder.resolve(DATA))
                        .setCleanDataDirectory(false)
                        .setOverrideWorkingDirectory(folder.resolve("binaries").toFile())
                        .setRegisterShutdownHook(false) // turns end first
                        .setPort(port)
                        .setPGStartupWait(PATIENCE)
                        .setServerConfig("fsync", "on") // this and the next its starter turns off
                        .setServerConfig("synchronous_commit", "on")
                        .setServerConfig("unix_socket_directories", "")
                        .setLocaleConfig("locale-provider", "builtin")
                        .setLocaleConfig("builtin-locale", "C.UTF-8")
                        .setLocaleConfig("locale", "C")
                        .setLocaleConfig("auth", "scram-sha-256")
                        .setLocaleConfig("pwfile", passwordFile())
                        .setConnectConfig("password", password(folder))
                        .setOutputRedirector(
                                Redirect.appendTo(folder.resolve("postgresql.log").toFile()))
                        .start();
        Files.writeString(folder.resolve(MADE), "");
    }

    /** Nobody else may look into it. */
    private static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, permissions("rwx------"));
        }
    }

    private static FileAttribute<?> permissions(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    /** What a first start left that was killed before it was done; there is no data in it. */
    private void removeHalfMade() throws IOException {
        if (!Files.exists(folder.resolve(MADE))) {
            FileUtils.deleteDirectory(folder.resolve(DATA).toFile());
        }
    }

    private String passwordFile() {
        String _ = password(folder);
        return folder.resolve("password").toString();
    }

    private void lock() throws IOException {
        lockFile =
                FileChannel.open(
                        folder.resolve("lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
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
        ProcessHandle orphan = process();
        if (orphan != null) {
            orphan.destroy();
            try {
                ProcessHandle _ = orphan.onExit().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException failed) {
                throw new IOException(
                        "the database server of an earlier run does not stop", failed);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The one that the data's file of the process' id names, if it is one that runs. */
    private @Nullable ProcessHandle process() throws IOException {
        try {
            String id = Files.readString(processFile(), StandardCharsets.ISO_8859_1);
            Matcher number = PROCESS.matcher(id);
            return number.lookingAt()
                    ? ProcessHandle.of(Long.parseLong(number.group(1)))
                            .filter(EmbeddedServer::isPostgres)
                            .orElse(null)
                    : null;
        } catch (NoSuchFileException _) { // also one that is just stopping takes it away
            return null;
        }
    }

    /** One that was cut, as by a full disk, keeps PostgreSQL from starting for ever. */
    private void removeCutProcessFile() throws IOException {
        Path file = processFile();
        if (Files.exists(file)
                && !PROCESS.matcher(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .lookingAt()) {
            Files.delete(file);
        }
    }

    private Path processFile() {
        return folder.resolve(DATA).resolve("postmaster.pid");
    }

    private static boolean isPostgres(ProcessHandle process) {
        return process.info().command().map(command -> command.endsWith("postgres")).orElse(false);
    }

    /** Stops the server; what it has is kept. */
    @Override
    public void close() throws IOException {
        if (server != null) {
            server.close();
        }
        if (lock != null) {
            lock.release();
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
