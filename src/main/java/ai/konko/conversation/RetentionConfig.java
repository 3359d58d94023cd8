package ai.konko.conversation;

import ai.konko.Between;
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
    @Between(least = "1s", most = "36500d")
    Optional<Duration> idle();

    /**
     * @return how often such chats are looked for, and keys of requests that are older than a day.
     *     1 s to 24 h.
     */
    @Between(least = "1s", most = "24h")
    @WithDefault("10m")
    Duration sweep();
}
