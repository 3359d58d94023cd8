package ai.konko.api;

import ai.konko.assistant.ModelEndpoint;
import ai.konko.chat.Chat;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A chat on the wire. */
@RegisterForReflection
@Schema(
        name = "Chat",
        requiredProperties = {
            "id",
            "model",
            "metadata",
            "status",
            "messageCount",
            "createdAt",
            "updatedAt"
        })
@JsonInclude(JsonInclude.Include.NON_NULL)
record ChatView(
        UUID id,
        @Nullable String title,
        @Schema(description = "The chat's system prompt.") @Nullable String instructions,
        @Schema(description = "The model that the provider is asked for.") String model,
        @Schema(description = "The client's own notes; {} where there are none.")
                Map<String, String> metadata,
        @Schema(
                        description = "busy from a turn's acceptance until none is unfinished.",
                        enumeration = {"idle", "busy"})
                String status,
        @Schema(description = "All messages, those of unfinished turns too.") int messageCount,
        @Schema(
                        description =
                                "The sum over the chat's replies; absent until one has reported some.")
                @Nullable UsageView usage,
        Instant createdAt,
        Instant updatedAt) {

    static ChatView of(Chat chat, ModelEndpoint endpoint) {
        return new ChatView(
                chat.id(),
                chat.settings().title(),
                chat.settings().instructions(),
                chat.settings().modelToAsk(endpoint.defaultModel()),
                chat.settings().metadata(),
                chat.busy() ? "busy" : "idle",
                chat.messageCount(),
                UsageView.of(chat.usage()),
                chat.createdAt(),
                chat.updatedAt());
    }
}
