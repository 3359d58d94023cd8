package ai.konko;

import ai.konko.api.HttpLimits;
import ai.konko.api.StreamConfig;
import ai.konko.assistant.MemoryConfig;
import ai.konko.assistant.ModelConfig;
import ai.konko.chat.ChatLimits;
import ai.konko.conversation.RetentionConfig;
import ai.konko.store.StoreConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
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

    private static final Duration SOME = Duration.ofMillis(1);

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
            RetentionConfig retention) {
        Credentials.check(all);
        atLeast("KONKO_LIMITS_CHATS", limits.chats(), 1);
        atLeast("KONKO_LIMITS_MESSAGES_PER_CHAT", limits.messagesPerChat(), 2);
        atLeast("KONKO_LIMITS_STORED_CHARACTERS", limits.storedCharacters(), 1L);
        atLeast("KONKO_LIMITS_REPLY_CHARACTERS", limits.replyCharacters(), 1);
        atLeast("KONKO_LIMITS_CHARACTERS_IN_FLIGHT", limits.charactersInFlight().orElse(1), 1L);
        within("KONKO_LIMITS_PAGE_SIZE", http.pageSize(), 1, 1000);
        atLeast("KONKO_LIMITS_CONNECTIONS", http.connections(), 1);
        atLeast("KONKO_STREAM_HEARTBEAT", stream.heartbeat(), SOME);
        atLeast("KONKO_MEMORY_MAX_MESSAGES", memory.maxMessages(), 1);
        atLeast("KONKO_MEMORY_MAX_TOKENS", memory.maxTokens(), 1);
        check(config.model());
        check(store.database());
        retention
                .idle()
                .ifPresent(idle -> atLeast("KONKO_RETENTION_IDLE", idle, Duration.ofSeconds(1)));
    }

    private static void check(ModelConfig.Model model) {
        if (!model.apiKey().orElse("").strip().chars().allMatch(c -> c > ' ' && c < DELETE)) {
            throw new ConfigurationException(
                    "OPENAI_API_KEY must be of visible ASCII characters, which is all that a header takes.");
        }
        atLeast("KONKO_MODEL_CONNECT_TIMEOUT", model.connectTimeout(), SOME);
        atLeast("KONKO_MODEL_FIRST_TOKEN_TIMEOUT", model.firstTokenTimeout(), SOME);
        atLeast("KONKO_MODEL_IDLE_TIMEOUT", model.idleTimeout(), SOME);
        atLeast("KONKO_MODEL_TOTAL_TIMEOUT", model.totalTimeout(), SOME);
        atLeast("KONKO_MODEL_HIGHLIGHTS_TIMEOUT", model.highlightsTimeout(), SOME);
        within(
                "KONKO_MODEL_TOKEN_COALESCING",
                model.tokenCoalescing(),
                Duration.ZERO,
                Duration.ofMillis(50));
        within("KONKO_MODEL_MAX_CONNECTIONS", model.maxConnections(), 1, 60_000);
        atLeast("KONKO_MODEL_MAX_ANSWER_BYTES", model.maxAnswerBytes(), 1024);
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
                    "%s must be at most %s.".formatted(setting, words(most)));
        }
    }

    private static <T extends Comparable<T>> void atLeast(String setting, T value, T least) {
        if (value.compareTo(least) < 0) {
            throw new ConfigurationException(
                    "%s must be at least %s.".formatted(setting, words(least)));
        }
    }

    private static Object words(Comparable<?> bound) {
        return bound instanceof Duration time ? time.toMillis() + " ms" : bound;
    }
}
