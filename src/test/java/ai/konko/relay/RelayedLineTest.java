package ai.konko.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.DraftContent;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Reasoning;
import ai.konko.chat.Written;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RelayedLineTest {
    private final ObjectMapper json = new ObjectMapper();
    private final DraftContent draft = new DraftContent();

    @Test
    void read_ofEachLine_addsWhatItTells() throws IOException {
        Reasoning thought = new Reasoning(0, "hm");
        Call call = Call.open(3, "call_1", "weather", "{\"city\": \"Bern\"}");

        line("b" + written(new Reasoning(0, "")));
        line(": ping");
        line("");
        line("r\"h\"");
        line("r\"m\"");
        line("w" + written(thought));
        line("t\"\\\"\\n\"");
        line("t\"é\"");
        line("b" + written(Call.open(3, "call_1", "weather", "")));
        line("w" + written(call));
        line("e");

        assertThat(draft.written()).isEqualTo(new Written("\"\né", List.of(thought, call)));
        assertThat(draft.isItemUnderWay()).isFalse();
    }

    @Test
    void read_ofWhatIsNoJson_fails() {
        assertThatThrownBy(() -> line("t\"half")).isInstanceOf(IOException.class);
    }

    private String written(Item item) throws IOException {
        return json.writeValueAsString(RelayedItem.of(item));
    }

    private void line(String line) throws IOException {
        RelayedLine.read(Buffer.buffer(line), json, draft);
    }
}
