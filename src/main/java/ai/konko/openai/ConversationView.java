package ai.konko.openai;

import ai.konko.chat.Chat;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A chat as a conversation. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
@Schema(
        name = "Conversation",
        requiredProperties = {"id", "object", "created_at", "metadata"})
record ConversationView(
        @Schema(description = "conv_ and the chat's id without dashes.") String id,
        @Schema(enumeration = "conversation") String object,
        @Schema(description = "In seconds since 1970.") long createdAt,
        Map<String, String> metadata) {

    static ConversationView of(Chat chat) {
        return new ConversationView(
                Ids.conversation(chat.id()),
                "conversation",
                chat.createdAt().getEpochSecond(),
                chat.settings().metadata());
    }

    @Override
    public String toString() {
        return "ConversationView[" + id + "]";
    }
}
