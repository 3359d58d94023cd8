package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProviderParametersTest {
    private static final Map<String, Object> TOOL =
            Map.of("type", "function", "function", Map.of("name", "f"));

    @Test
    void of_both_hasTheTurnsInPlaceOfTheChats() {
        assertThat(ProviderParameters.of(Map.of("seed", 1, "top_p", 0.5), Map.of("seed", 2)))
                .isEqualTo(Map.of("seed", 2, "top_p", 0.5));
        assertThat(ProviderParameters.of(Map.of(), Map.of("seed", 2))).isEqualTo(Map.of("seed", 2));
    }

    @Test
    void of_aChoiceWithoutTools_hasNone() {
        Map<String, Object> choice = Map.of("tool_choice", "auto", "parallel_tool_calls", true);

        assertThat(ProviderParameters.of(choice, Map.of())).isEmpty();
        assertThat(ProviderParameters.of(Map.of(), choice)).isEmpty();
        assertThat(ProviderParameters.of(Map.of(), Map.of("parallel_tool_calls", false))).isEmpty();
        assertThat(ProviderParameters.of(choice, Map.of("tools", List.of()))).isEmpty();
        assertThat(ProviderParameters.of(Map.of("tools", List.of(TOOL)), choice)).hasSize(3);
    }

    @Test
    void of_aChoiceOfATool_hasItIfThereIsThatTool() {
        Map<String, Object> tools = Map.of("tools", List.of(TOOL));
        Map<String, Object> choice = Map.of("tool_choice", TOOL);
        Map<String, Object> other =
                Map.of("tool_choice", Map.of("type", "function", "function", Map.of("name", "g")));

        assertThat(ProviderParameters.of(tools, choice)).containsKeys("tools", "tool_choice");
        assertThat(ProviderParameters.of(tools, other)).isEqualTo(tools);
    }
}
