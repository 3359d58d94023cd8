package ai.konko.http;

import ai.konko.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How streams are sent. */
@ConfigMapping(prefix = "konko.stream")
public interface StreamConfig {

    /**
     * @return after how long a silence a comment is sent, so that no proxy on the way takes the
     *     connection for dead. 1 ms to 24 h.
     */
    @Between(least = "1ms", most = "24h")
    @WithDefault("15s")
    Duration heartbeat();
}
