package ai.konko;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Locale;

/**
 * Starts the service, without the machine's locale. The service reads and writes for programs, and
 * in some locales, numbers have other digits, and letters other cases.
 */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String... arguments) {
        Locale.setDefault(Locale.ROOT);
        Quarkus.run(arguments);
    }
}
