package ai.konko.store;

import ai.konko.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the log is kept. */
@ConfigMapping(prefix = "konko")
public interface StoreConfig {

    /**
     * @return which store keeps the log.
     */
    @WithDefault("memory")
    Kind store();

    /**
     * @return the folder in which {@link Kind#EMBEDDED} keeps its data; it is made if need be.
     */
    @WithDefault("data")
    Path data();

    DatabaseConfig database();

    ReplicaConfig replica();

    /** The stores there are. */
    enum Kind {
        /** In this process' memory: gone when the process ends. */
        MEMORY,
        /** In a PostgreSQL server, see {@link DatabaseConfig}. */
        POSTGRES,
        /** In a PostgreSQL server that this process starts, for one process on one machine. */
        EMBEDDED
    }

    /** The settings of the database. */
    interface DatabaseConfig {

        /**
         * @return its address, as {@code postgresql://host:port/database}. It may have parameters
         *     of libpq or of the JDBC driver, and user and password; see {@link DatabaseUrl}.
         */
        Optional<String> url();

        /**
         * @return the address at which changes by other replicas are listened for, if that of
         *     {@link #url} leads through a pooler in transaction mode. If it has no user or no
         *     password, those of the database are used. Without it, they are found by polling.
         */
        Optional<String> listenUrl();

        Optional<String> username();

        Optional<String> password();

        /**
         * @return the file with the password, if none is set. A line end after it is left out.
         */
        Optional<Path> passwordFile();

        /**
         * @return how long a replica without a sign of life keeps the replies that it runs. Then
         *     others run them again. 3 to 20 s.
         */
        @Between(least = "3s", most = "20s")
        @WithDefault("10s")
        Duration lease();

        /**
         * @return how often the text of running replies is written. Other replicas have the text so
         *     much later, and if a process is killed, so much of it is lost. 10 to 500 ms.
         */
        @Between(least = "10ms", most = "500ms")
        @WithDefault("250ms")
        Duration flushInterval();

        /**
         * @return how many requests and turns may use the database or wait for it at once. More are
         *     refused with {@code store-unavailable}. At least 1.
         */
        @Min(1)
        @WithDefault("5000")
        int maxWaiting();
    }

    /** This process among those that share a database. */
    interface ReplicaConfig {
        String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
        String NAME = "(?:" + LABEL + "|(?:" + LABEL + "\\.)+(?=[A-Za-z])" + LABEL + ")\\.?";
        String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
        String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";
        String GROUPS = "(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)";
        String IPV6 =
                "(?:(?=(?:[^:]+:){7}[^:]+])"
                        + GROUPS
                        + "|(?!(?:[^:]*:){8})"
                        + GROUPS
                        + "?::"
                        + GROUPS
                        + "?)";
        String PORT =
                "(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}"
                        + "|655[0-2][0-9]|6553[0-5]))?";

        /**
         * @return where other replicas reach this one itself, and no other: {@code http} or {@code
         *     https}, host and port. They ask it there for what it writes of running replies.
         *     Absent: they read that from the database, a flush later.
         */
        @Pattern(
                regexp = "https?://(?:" + NAME + '|' + IPV4 + "|\\[" + IPV6 + "])" + PORT + "/?",
                message = "must be http://host:port or https://host:port")
        Optional<String> address();
    }
}
