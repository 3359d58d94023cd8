package ai.konko;

import ai.konko.chat.GrowingIds;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.UUID;
import java.util.function.Supplier;

/** Produces the one source of time, and that of ids. */
@ApplicationScoped
class TimeAndIds {

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
