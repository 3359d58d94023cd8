package ai.konko.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.function.Function;

/**
 * Lists on the wire. An empty list has empty strings for its first and last id, because OpenAI's
 * clients need strings.
 */
final class ListView {
    private ListView() {}

    /** A page of conversations. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record Conversations(
            String object,
            List<ConversationView> data,
            String firstId,
            String lastId,
            boolean hasMore) {

        static Conversations of(List<ConversationView> data, boolean more) {
            return new Conversations(
                    "list",
                    data,
                    id(data, true, ConversationView::id),
                    id(data, false, ConversationView::id),
                    more);
        }
    }

    /** A page of items. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record Items(
            String object, List<ItemView> data, String firstId, String lastId, boolean hasMore) {

        static Items of(List<ItemView> data, boolean more) {
            return new Items(
                    "list",
                    data,
                    id(data, true, ItemView::id),
                    id(data, false, ItemView::id),
                    more);
        }
    }

    /** The list of models. */
    @RegisterForReflection
    record Models(String object, List<JsonNode> data) {}

    private static <T> String id(List<T> data, boolean first, Function<T, String> id) {
        return data.isEmpty() ? "" : id.apply(first ? data.getFirst() : data.getLast());
    }
}
