package ai.konko.conversation;

import ai.konko.Between;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How turns are run. */
@ConfigMapping(prefix = "konko")
public interface TurnConfig {

    /**
     * @return how long replies under way may finish when the service stops; then they are
     *     interrupted. At most 24 h; zero for at once.
     */
    @Between(least = "0s", most = "24h")
    @WithDefault("30s")
    Duration shutdownGrace();
}
