package ai.konko.store.postgres;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The major version of PostgreSQL that the service brings along, and that of its data. */
final class EmbeddedVersion {
    static final int MAJOR = 18;

    private static final Pattern NUMBER = Pattern.compile("([0-9]{1,6})\\s*");

    private EmbeddedVersion() {}

    /**
     * Comes before the server is started, because that would fail without a reason that users see.
     *
     * @param data the server's folder; it may be missing
     * @throws ConfigurationException if a server of another major version has written it, because
     *     only those can read it
     */
    static void require(Path data) throws IOException {
        OptionalInt written = of(data);
        if (written.isPresent() && written.getAsInt() != MAJOR) {
            throw new ConfigurationException(
                    "KONKO_DATA has a database of PostgreSQL %d, and this release brings PostgreSQL %d, which can't read it: %s, see Backup in src/docs/operating.md (%s)"
                            .formatted(written.getAsInt(), MAJOR, remedy(written), data));
        }
    }

    private static String remedy(OptionalInt written) {
        return written.getAsInt() < MAJOR
                ? "start the release before, dump it, and restore the dump into another folder"
                : "start the newer release again, or restore an earlier dump into another folder";
    }

    private static OptionalInt of(Path data) throws IOException {
        try {
            Matcher number = NUMBER.matcher(Files.readString(data.resolve("PG_VERSION")));
            return number.matches()
                    ? OptionalInt.of(Integer.parseInt(number.group(1)))
                    : OptionalInt.empty();
        } catch (NoSuchFileException _) {
            return OptionalInt.empty();
        }
    }
}
