package ai.konko.assistant;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;

/**
 * How much of a chat the model sees: the newest whole turns that fit both bounds. The new message
 * counts, a chat's instructions do not. Turns that no longer fit stay in the log.
 */
@ConfigMapping(prefix = "konko.memory")
public interface MemoryConfig {

    /**
     * @return the most messages, the new one counted; at least 1, which is the new one alone.
     */
    @Min(1)
    @WithDefault("40")
    int maxMessages();

    /**
     * @return the most tokens by estimate, the new message counted; the new message is sent however
     *     long it is. At least 1.
     */
    @Min(1)
    @WithDefault("8000")
    int maxTokens();
}
