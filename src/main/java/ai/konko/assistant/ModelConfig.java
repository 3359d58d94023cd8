package ai.konko.assistant;

import ai.konko.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** Which model is asked, where, and for how long it may take. */
@ConfigMapping(prefix = "konko")
public interface ModelConfig {

    Model model();

    /**
     * @return whether the built-in demonstration model answers in place of a provider. Where this
     *     is not set: yes in dev and test mode without key and base URL, else no.
     */
    Optional<Boolean> offlineModel();

    /** The provider and the bounds of a call; each timeout is from 1 ms to 24 h. */
    interface Model {

        /**
         * @return the provider's base URL, up to and with the version ({@code OPENAI_BASE_URL}), as
         *     browsers take URLs; a query stays behind the path. OpenAI's own where none is set.
         */
        Optional<String> baseUrl();

        /**
         * @return the provider's key ({@code OPENAI_API_KEY}); a provider that wants none needs
         *     none.
         */
        @Pattern(
                regexp = "\\p{javaWhitespace}*[!-~]*\\p{javaWhitespace}*",
                message = "must be of visible ASCII characters, which is all that a header takes")
        Optional<String> apiKey();

        /**
         * @return the file that has the key where none is set ({@code OPENAI_API_KEY_FILE}); the
         *     end of its line is not of it.
         */
        Optional<Path> apiKeyFile();

        /**
         * @return the model asked for where a chat names none ({@code OPENAI_MODEL}); {@code
         *     gpt-4o-mini} where none is set.
         */
        Optional<String> name();

        /**
         * @return the header that the provider wants its key in, such as {@code api-key} for Azure;
         *     {@code Authorization} with {@code Bearer} where none is set.
         */
        @Pattern(
                regexp =
                        "(?!(?i:host|connection|content-type|content-length|transfer-encoding|accept|accept-encoding)$)"
                                + "[A-Za-z0-9!#$%&'*+.^_`|~-]+",
                message = "must be the name of a header, such as api-key")
        Optional<String> apiKeyHeader();

        /**
         * @return a file of certificates in PEM whose authorities are trusted to vouch for the
         *     provider, besides those that Java trusts.
         */
        Optional<String> ca();

        /**
         * @return whether streamed calls ask for the usage by {@code stream_options}, which some
         *     servers refuse.
         */
        @WithDefault("true")
        boolean streamOptions();

        /**
         * @return whether the provider gives streamed answers only; then posts that wait for the
         *     whole reply ask for a stream too.
         */
        @WithDefault("false")
        boolean streamOnly();

        /**
         * @return the provider's name for the most tokens of an answer. If none is set, chat
         *     completions that are passed on have the one that the client uses, and all else {@code
         *     max_completion_tokens} for OpenAI, at Azure too, and {@code max_tokens} for others.
         */
        Optional<MaxTokensName> maxTokensName();

        /**
         * @return how long a connection to the provider may take to open; then the turn fails.
         */
        @Between(least = "1ms", most = "24h")
        @WithDefault("5s")
        Duration connectTimeout();

        /**
         * @return how long a streamed model call may take from asking to the first token; then the
         *     turn fails.
         */
        @Between(least = "1ms", most = "24h")
        @WithDefault("60s")
        Duration firstTokenTimeout();

        /**
         * @return how long a streamed model call may be silent between two tokens; then the reply
         *     is interrupted.
         */
        @Between(least = "1ms", most = "24h")
        @WithDefault("30s")
        Duration idleTimeout();

        /**
         * @return how long a model call may take from asking to the last byte; then the turn fails,
         *     or a streamed reply that has text is interrupted.
         */
        @Between(least = "1ms", most = "24h")
        @WithDefault("5m")
        Duration totalTimeout();

        /**
         * @return how long the model may take for a summary's highlights; then they are extracted
         *     from the text.
         */
        @Between(least = "1ms", most = "24h")
        @WithDefault("20s")
        Duration highlightsTimeout();

        /**
         * @return how many connections to the provider may be open; a call beyond that waits for
         *     one. 1 to 60000.
         */
        @Min(1)
        @Max(60_000)
        @WithDefault("20000")
        int maxConnections();

        /**
         * @return how long at most an event loop that passes on many tokens leaves what comes
         *     waiting, so that those of several streams are passed on at once, for a tenth to a
         *     fifth less CPU; up to 50 ms. Zero for never.
         */
        @Between(least = "0s", most = "50ms")
        @WithDefault("3ms")
        Duration tokenCoalescing();

        /**
         * @return the longest answer of the provider, in bytes; of a streamed one each event, and
         *     the text in UTF-16 units. A longer one breaks the turn off. At least 1024. Where this
         *     is not set, any reply of {@code konko.limits.reply-characters} can be read: six bytes
         *     for each of these, as JSON may need them, and 8 MiB for the rest.
         */
        @Min(1024)
        @WithName("max-answer-bytes")
        OptionalInt maxAnswerBytes();
    }

    /** The names that servers have for the most tokens of an answer. */
    enum MaxTokensName {
        MAX_TOKENS(Dialect.MAX_TOKENS),
        MAX_COMPLETION_TOKENS(Dialect.MAX_COMPLETION_TOKENS);

        private final String field;

        MaxTokensName(String field) {
            this.field = field;
        }

        String field() {
            return field;
        }
    }
}
