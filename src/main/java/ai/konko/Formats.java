package ai.konko;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;

/** Formats digits, dates and letters without a locale, whichever the machine has. */
@ApplicationScoped
class Formats {

    /**
     * Runs before all other starts. {@link Main} does the same earlier, but tests do not run it.
     */
    void start(@Observes @Priority(-2) StartupEvent event) {
        Locale.setDefault(Locale.ROOT);
    }
}
