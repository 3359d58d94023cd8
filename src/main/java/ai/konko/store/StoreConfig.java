package ai.konko.store;

import ai.konko.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the log is kept. */
@ConfigMapping(prefix = "konko")
public interface StoreConfig {

    /**
     * @return which store; one is chosen when the service starts.
     */
    @WithDefault("memory")
    Kind store();

    /**
     * @return the folder for what {@link Kind#EMBEDDED} keeps; made if it is not there.
     */
    @WithDefault("data")
    Path data();

    DatabaseConfig database();

    /** The stores there are. */
    enum Kind {
        /** In this process, gone with it. */
        MEMORY,
        /** In a PostgreSQL server, see {@link DatabaseConfig}. */
        POSTGRES,
        /** In a PostgreSQL of this process' own, for one process on one machine. */
        EMBEDDED
    }

    /** The database, and how it is used. */
    interface DatabaseConfig {

        /**
         * @return where it is, as {@code postgresql://host:port/database}, with parameters of libpq
         *     or of the JDBC driver, and with user and password if they are not set beside it; see
         *     {@link DatabaseUrl}.
         */
        Optional<String> url();

        Optional<String> username();

        Optional<String> password();

        /**
         * @return the file that has the password where none is set; the end of its line is not of
         *     it.
         */
        Optional<Path> passwordFile();

        /**
         * @return how long a replica that gives no sign of life keeps the replies it runs; then
         *     others run them again. 3 to 20 s.
         */
        @Between(least = "3s", most = "20s")
        @WithDefault("10s")
        Duration lease();

        /**
         * @return how often the text of running replies is written, which is how much later other
         *     replicas have it, and how much of it is lost with a process. 10 to 500 ms.
         */
        @Between(least = "10ms", most = "500ms")
        @WithDefault("250ms")
        Duration flushInterval();

        /**
         * @return how many requests and turns may use the database or wait for it at any time; one
         *     more is refused with {@code store-unavailable}. At least 1.
         */
        @Min(1)
        @WithDefault("5000")
        int maxWaiting();
    }
}
