package ai.konko;

import ai.konko.assistant.MemoryConfig;
import ai.konko.assistant.ModelConfig;
import ai.konko.chat.ChatLimits;
import ai.konko.conversation.RetentionConfig;
import ai.konko.conversation.TurnConfig;
import ai.konko.http.HttpLimits;
import ai.konko.http.StreamConfig;
import ai.konko.store.StoreConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.Config;

/**
 * Refuses to start with a setting that is out of its bounds, and names it.
 *
 * <p>These are no constraints of Bean Validation on the settings, for one of those has it read all
 * of Quarkus' settings' classes too, which took a quarter of the time to start.
 */
@ApplicationScoped
class SettingsCheck {
    private static final char DELETE = 0x7F;

    /** Of bytes; a request that says anything is longer than some. */
    private static final long LEAST_BODY = 1024;

    /** Of bytes, which are all in memory at once. */
    private static final long MOST_BODY = 64L << 20;

    /** Those that frame a request are not for keys. */
    private static final Pattern HEADER =
            Pattern.compile(
                    "(?!(?i:host|connection|content-type|content-length|transfer-encoding|accept|accept-encoding)$)"
                            + "[A-Za-z0-9!#$%&'*+.^_`|~-]+");

    private static final Duration SOME = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration CENTURY = Duration.ofDays(36_500);

    /** Before anything is opened. */
    void check(
            @Observes @Priority(0) StartupEvent event,
            Config all,
            ChatLimits limits,
            HttpLimits http,
            StreamConfig stream,
            MemoryConfig memory,
            ModelConfig config,
            StoreConfig store,
            TurnConfig turns,
            RetentionConfig retention) {
        Credentials.check(all);
        check(limits);
        check(http);
        within("KONKO_STREAM_HEARTBEAT", stream.heartbeat(), SOME, DAY);
        atLeast("KONKO_MEMORY_MAX_MESSAGES", memory.maxMessages(), 1);
        atLeast("KONKO_MEMORY_MAX_TOKENS", memory.maxTokens(), 1);
        check(config.model());
        check(store.database());
        within("KONKO_SHUTDOWN_GRACE", turns.shutdownGrace(), Duration.ZERO, DAY);
        within("KONKO_RETENTION_SWEEP", retention.sweep(), Duration.ofSeconds(1), DAY);
        if (retention.idle().isPresent()) {
            Duration idle = retention.idle().get();
            within("KONKO_RETENTION_IDLE", idle, Duration.ofSeconds(1), CENTURY);
        }
    }

    private static void check(ChatLimits limits) {
        atLeast("KONKO_LIMITS_CHATS", limits.chats(), 1);
        atLeast("KONKO_LIMITS_MESSAGES_PER_CHAT", limits.messagesPerChat(), 2);
        atLeast("KONKO_LIMITS_STORED_CHARACTERS", limits.storedCharacters(), 1L);
        atLeast("KONKO_LIMITS_WAITING_TURNS", limits.waitingTurns(), 0);
        atLeast("KONKO_LIMITS_TURNS_IN_FLIGHT", limits.turnsInFlight(), 1);
        atLeast(
                "KONKO_LIMITS_TURNS_IN_FLIGHT_PER_OWNER",
                limits.turnsInFlightPerOwner().orElse(1),
                1);
        atLeast("KONKO_LIMITS_QUEUED_TURNS", limits.queuedTurns(), 1);
        atLeast("KONKO_LIMITS_MESSAGE_CHARACTERS", limits.messageCharacters(), 1);
        atLeast("KONKO_LIMITS_INSTRUCTIONS_CHARACTERS", limits.instructionsCharacters(), 0);
        atLeast("KONKO_LIMITS_REPLY_CHARACTERS", limits.replyCharacters(), 1);
        atLeast("KONKO_LIMITS_CHARACTERS_IN_FLIGHT", limits.charactersInFlight().orElse(1), 1L);
    }

    private static void check(HttpLimits http) {
        within(
                "KONKO_LIMITS_REQUEST_TIME",
                http.requestTime(),
                Duration.ofSeconds(1),
                Duration.ofMinutes(10));
        within(
                "KONKO_LIMITS_IDLE_TIME",
                http.idleTime(),
                Duration.ofSeconds(1),
                Duration.ofHours(1));
        if (http.bodySize().asLongValue() < LEAST_BODY) {
            throw new ConfigurationException("KONKO_LIMITS_BODY_SIZE must be at least 1K.");
        }
        if (http.bodySize().asLongValue() > MOST_BODY) {
            throw new ConfigurationException("KONKO_LIMITS_BODY_SIZE must be at most 64M.");
        }
        within("KONKO_LIMITS_PAGE_SIZE", http.pageSize(), 1, 1000);
        atLeast("KONKO_LIMITS_REQUESTS_PER_MINUTE", http.requestsPerMinute().orElse(1), 1);
        atLeast("KONKO_LIMITS_CONNECTIONS", http.connections(), 1);
        atLeast("KONKO_LIMITS_INCOMING_BYTES", http.incomingBytes().orElse(1), 1L);
        atLeast("KONKO_LIMITS_UNREAD_CHARACTERS", http.unreadCharacters().orElse(1), 1L);
        within("KONKO_LIMITS_UNREAD", http.unread(), Duration.ofSeconds(1), DAY);
    }

    private static void check(ModelConfig.Model model) {
        if (!model.apiKey().orElse("").strip().chars().allMatch(c -> c > ' ' && c < DELETE)) {
            throw new ConfigurationException(
                    "OPENAI_API_KEY must be of visible ASCII characters, which is all that a header takes.");
        }
        if (!model.apiKeyHeader().map(HEADER::matcher).map(Matcher::matches).orElse(true)) {
            throw new ConfigurationException(
                    "KONKO_MODEL_API_KEY_HEADER must be the name of a header, such as api-key.");
        }
        within("KONKO_MODEL_CONNECT_TIMEOUT", model.connectTimeout(), SOME, DAY);
        within("KONKO_MODEL_FIRST_TOKEN_TIMEOUT", model.firstTokenTimeout(), SOME, DAY);
        within("KONKO_MODEL_IDLE_TIMEOUT", model.idleTimeout(), SOME, DAY);
        within("KONKO_MODEL_TOTAL_TIMEOUT", model.totalTimeout(), SOME, DAY);
        within("KONKO_MODEL_HIGHLIGHTS_TIMEOUT", model.highlightsTimeout(), SOME, DAY);
        within(
                "KONKO_MODEL_TOKEN_COALESCING",
                model.tokenCoalescing(),
                Duration.ZERO,
                Duration.ofMillis(50));
        within("KONKO_MODEL_MAX_CONNECTIONS", model.maxConnections(), 1, 60_000);
        atLeast("KONKO_MODEL_MAX_ANSWER_BYTES", model.maxAnswerBytes().orElse(1024), 1024);
    }

    private static void check(StoreConfig.DatabaseConfig database) {
        within(
                "KONKO_DATABASE_LEASE",
                database.lease(),
                Duration.ofSeconds(3),
                Duration.ofSeconds(20));
        within(
                "KONKO_DATABASE_FLUSH_INTERVAL",
                database.flushInterval(),
                Duration.ofMillis(10),
                Duration.ofMillis(500));
        atLeast("KONKO_DATABASE_MAX_WAITING", database.maxWaiting(), 1);
    }

    private static <T extends Comparable<T>> void within(String setting, T value, T least, T most) {
        atLeast(setting, value, least);
        if (value.compareTo(most) > 0) {
            throw new ConfigurationException(
                    "%s must be at most %s, not %s.".formatted(setting, words(most), words(value)));
        }
    }

    private static <T extends Comparable<T>> void atLeast(String setting, T value, T least) {
        if (value.compareTo(least) < 0) {
            throw new ConfigurationException(
                    "%s must be at least %s, not %s."
                            .formatted(setting, words(least), words(value)));
        }
    }

    private static Object words(Comparable<?> value) {
        if (value instanceof Duration time) {
            return time.compareTo(DAY) < 0 ? time.toMillis() + " ms" : time.toHours() + " h";
        }
        return value;
    }
}
