package ai.konko;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Locale;

/**
 * Starts the service. What it writes and reads is for programs, so the machine's language is no
 * matter: with some, numbers would have other digits, and letters other cases.
 */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String... arguments) {
        Locale.setDefault(Locale.ROOT);
        Quarkus.run(arguments);
    }
}
