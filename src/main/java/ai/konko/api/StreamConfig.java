package ai.konko.api;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;

/** How streams are sent. */
@ConfigMapping(prefix = "konko.stream")
interface StreamConfig {

    /**
     * @return after how long a silence a comment is sent, so that nobody on the way takes the
     *     connection for dead.
     */
    @WithDefault("15s")
    @DurationMin(millis = 1)
    Duration heartbeat();
}
