package ai.konko.assistant;

import ai.konko.Between;
import ai.konko.chat.Memory;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.Optional;

/**
 * How much of a chat the model sees: whole turns that fit both bounds. The new message counts, a
 * chat's instructions and tools do not. Turns that are left out stay in the log.
 */
@ConfigMapping(prefix = "konko.memory")
public interface MemoryConfig {

    /**
     * @return the most messages, the new one counted; at least 1, which is the new one alone.
     */
    @Min(1)
    @WithDefault("100")
    int maxMessages();

    /**
     * @return the most tokens by estimate, the new message counted; the new message is sent however
     *     long it is. At least 1.
     */
    @Min(1)
    @WithDefault("16000")
    int maxTokens();

    /**
     * @return how much of both is left when the window is full and is cut, so that the prompt's
     *     beginning stays the same until it is full again; with 1 it slides by one turn each time
     */
    @Between(least = "0.1", most = "1")
    @WithDefault("0.5")
    double keep();

    /**
     * @return what becomes of what a cut leaves out: with {@code summary} a running summary tells
     *     the model of it. It is made beside the turns, by the model, which costs as a turn does.
     */
    @WithDefault("off")
    Memory.Compaction compaction();

    /**
     * @return the model that writes summaries; the chat's own where none is set
     */
    Optional<String> summaryModel();

    /**
     * @return the most tokens of a summary, by estimate; of a small window a quarter at most. They
     *     count among the window's own.
     */
    @Min(100)
    @WithDefault("1000")
    int summaryTokens();

    /**
     * @return how long the model may take for a summary
     */
    @Between(least = "1ms", most = "24h")
    @WithDefault("2m")
    Duration summaryTimeout();

    /**
     * @return the most messages that a chat's client may choose for it; one that chooses more has
     *     that many
     */
    @Min(1)
    @WithDefault("1000")
    int mostMessages();

    /**
     * @return the same of tokens
     */
    @Min(1)
    @WithDefault("128000")
    int mostTokens();
}
