package ai.konko.api;

import ai.konko.assistant.ModelEndpoint;
import ai.konko.chat.Chat;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A chat on the wire. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record ChatView(
        UUID id,
        @Nullable String title,
        @Nullable String instructions,
        String model,
        Map<String, String> metadata,
        @Nullable List<Object> tools,
        @Nullable Object toolChoice,
        @Nullable Object responseFormat,
        @Nullable Map<String, Object> parameters,
        @Nullable Map<String, Object> memory,
        String status,
        int messageCount,
        @Nullable UsageView usage,
        Instant createdAt,
        Instant updatedAt) {

    static ChatView of(Chat chat, ModelEndpoint endpoint) {
        ModelOptionsView options = ModelOptionsView.of(chat.settings().parameters());
        Map<String, Object> memory = chat.settings().memory().values();
        return new ChatView(
                chat.id(),
                chat.settings().title(),
                chat.settings().instructions(),
                chat.settings().modelToAsk(endpoint.defaultModel()),
                chat.settings().metadata(),
                options.tools(),
                options.toolChoice(),
                options.responseFormat(),
                options.parameters(),
                memory.isEmpty() ? null : memory,
                chat.busy() ? "busy" : chat.waiting() ? "waiting" : "idle",
                chat.messageCount(),
                UsageView.of(chat.usage()),
                chat.createdAt(),
                chat.updatedAt());
    }
}
