package ai.konko.conversation;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How long chats are kept. */
@ConfigMapping(prefix = "konko.retention")
public interface RetentionConfig {

    /**
     * @return after how long without a change a chat is deleted, as by its owner; a turn is a
     *     change, reading is none. 1 s to 100 years; absent for never.
     */
    Optional<Duration> idle();

    /**
     * @return how often such chats are looked for. 1 s to 24 h.
     */
    @WithDefault("10m")
    Duration sweep();
}
