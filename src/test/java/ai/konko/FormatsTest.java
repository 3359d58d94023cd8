package ai.konko;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.StartupEvent;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormatsTest {
    private final Locale machine = Locale.getDefault();

    @AfterEach
    void asBefore() {
        Locale.setDefault(machine);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar-EG", "tr-TR", "th-TH-u-nu-thai", "hi-IN-u-nu-deva", "fa-IR"})
    void start_onAMachineOfAnyLocale_writesDigitsAsAllDo(String locale) {
        Locale.setDefault(Locale.forLanguageTag(locale));

        new Formats().start(new StartupEvent());

        assertThat("%d %,d %.1f".formatted(12, 3456, 7.5)).isEqualTo("12 3,456 7.5");
    }
}
