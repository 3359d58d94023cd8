package ai.konko.chat;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Whether chats can be searched. */
@ConfigMapping(prefix = "konko")
public interface SearchConfig {

    /**
     * @return whether titles and messages can be searched. With {@code off} a search is refused,
     *     and PostgreSQL keeps nothing for it: no second copy of the texts, no index on them.
     */
    @WithDefault("on")
    Switch search();

    /** What it may be. */
    enum Switch {
        ON,
        OFF
    }
}
