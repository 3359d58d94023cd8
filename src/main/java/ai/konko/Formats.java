package ai.konko;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;

/** Digits, dates and letters are those of no locale, whatever the machine's is. */
@ApplicationScoped
class Formats {

    /** Before all else that starts, also where tests start it and not {@link Main}. */
    void start(@Observes @Priority(-2) StartupEvent event) {
        Locale.setDefault(Locale.ROOT);
    }
}
