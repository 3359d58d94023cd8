package ai.konko.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A new conversation, or new metadata of one. */
@RegisterForReflection
record ConversationBody(
        @Nullable Map<String, @Nullable String> metadata, @Nullable JsonNode items) {

    @Override
    public String toString() {
        return "ConversationBody[]";
    }
}
