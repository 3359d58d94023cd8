package ai.konko.api;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.OptionalInt;

/** The bounds of one request. */
@ConfigMapping(prefix = "konko.limits")
public interface HttpLimits {

    /**
     * @return the longest request body, in bytes ({@code 1M}, {@code 512K}); a longer one is {@code
     *     too-large}. From 1K to 64M.
     */
    @WithDefault("1M")
    MemorySize bodySize();

    /**
     * @return the most items that a client may ask for in one page. 1 to 1000.
     */
    @WithDefault("100")
    int pageSize();

    /**
     * @return how many requests each caller may send to this process in a minute, as many at once;
     *     one more is {@code rate-limited}. At least 1; absent for any number.
     */
    OptionalInt requestsPerMinute();

    /**
     * @return how many connections clients may have open to this process; one more is closed at
     *     once. At least 1.
     */
    @WithDefault("30000")
    int connections();
}
