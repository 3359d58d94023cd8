package ai.konko;

import com.github.f4b6a3.uuid.factory.standard.TimeOrderedEpochFactory;
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

    /**
     * @return UUIDs of version 7 (RFC 9562), each greater than the one before it
     */
    @Produces
    @Singleton
    Supplier<UUID> ids() {
        TimeOrderedEpochFactory factory =
                TimeOrderedEpochFactory.builder().withIncrementPlus1().build();
        return factory::create;
    }
}
