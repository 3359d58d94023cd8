package ai.konko.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A new conversation, or new notes on one. */
@RegisterForReflection
@Schema(name = "NewConversation", additionalProperties = Schema.False.class)
record ConversationBody(
        @Schema(
                        description =
                                "At most 16 entries, keys of 1 to 64 and values of at most 512 characters.")
                @Nullable Map<String, @Nullable String> metadata,
        @Schema(
                        implementation = Object[].class,
                        description =
                                "Messages to begin with, see the items of a conversation. Only for a new one.")
                @Nullable JsonNode items) {

    @Override
    public String toString() {
        return "ConversationBody[]";
    }
}
