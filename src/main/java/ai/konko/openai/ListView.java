package ai.konko.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.function.Function;

/**
 * A page of a list on the wire. An empty list has empty strings for its first and last id, because
 * OpenAI's clients need strings.
 */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record ListView<T>(String object, List<T> data, String firstId, String lastId, boolean hasMore) {

    static <T> ListView<T> of(List<T> data, Function<T, String> id, boolean more) {
        return new ListView<>(
                "list",
                data,
                data.isEmpty() ? "" : id.apply(data.getFirst()),
                data.isEmpty() ? "" : id.apply(data.getLast()),
                more);
    }

    /** The list of models. */
    @RegisterForReflection
    record Models(String object, List<JsonNode> data) {}
}
