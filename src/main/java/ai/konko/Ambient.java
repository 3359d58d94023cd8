package ai.konko;

import ai.konko.chat.GrowingIds;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.UUID;
import java.util.function.Supplier;

/** Where time and ids come from. */
@ApplicationScoped
class Ambient {

    @Produces
    @Singleton
    Clock clock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    Supplier<UUID> ids(Clock clock) {
        return new GrowingIds(clock);
    }
}
