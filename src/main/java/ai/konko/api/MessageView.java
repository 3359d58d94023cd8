package ai.konko.api;

import ai.konko.chat.Failure;
import ai.konko.chat.Message;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A message on the wire. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record MessageView(
        UUID id,
        UUID chatId,
        int seq,
        String role,
        String content,
        @Nullable List<ItemView> items,
        String status,
        Instant createdAt,
        @Nullable Instant completedAt,
        @Nullable String model,
        @Nullable String finishReason,
        @Nullable UsageView usage,
        @Nullable ReplyError error) {

    static MessageView of(Message message) {
        return new MessageView(
                message.id(),
                message.chatId(),
                message.seq(),
                message.role().wire(),
                message.content(),
                ItemView.of(message),
                message.status().wire(),
                message.createdAt(),
                message.completedAt(),
                message.model(),
                message.finishReason() == null ? null : message.finishReason().wire(),
                UsageView.of(message.usage()),
                ReplyError.of(message.failure()));
    }

    @Override
    public String toString() {
        return "MessageView[id=%s, seq=%d, status=%s]".formatted(id, seq, status);
    }

    /** Why a reply failed, or was interrupted, if the provider has a word for it. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ReplyError(String code, String message, @Nullable Integer providerStatus) {

        static @Nullable ReplyError of(@Nullable Failure failure) {
            return failure == null
                    ? null
                    : new ReplyError(
                            failure.code().wire(), failure.message(), failure.providerStatus());
        }
    }
}
