package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which model is asked. */
class SettingsTest {

    @ParameterizedTest
    @CsvSource({
        // the turn's, the chat's, the one that is asked
        ",, configured",
        ", chats, chats",
        "turns,, turns",
        "turns, chats, turns"
    })
    void modelToAsk_ofTurnAndChat_isTheNearestThatIsNamed(
            @Nullable String turns, @Nullable String chats, String asked) {
        Settings settings = new Settings(null, null, chats, Map.of());

        assertThat(settings.modelToAsk(turns, "configured")).isEqualTo(asked);
    }

    @ParameterizedTest
    @CsvSource({", configured", "chats, chats"})
    void modelToAsk_ofAChat_isItsOwnOrTheConfiguredOne(@Nullable String chats, String asked) {
        Settings settings = new Settings(null, null, chats, Map.of());

        assertThat(settings.modelToAsk("configured")).isEqualTo(asked);
    }
}
