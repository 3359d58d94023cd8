package ai.konko.api;

import ai.konko.chat.Failure;
import ai.konko.chat.Message;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A message on the wire. */
@RegisterForReflection
@Schema(
        name = "Message",
        requiredProperties = {"id", "chatId", "seq", "role", "content", "status", "createdAt"})
@JsonInclude(JsonInclude.Include.NON_NULL)
record MessageView(
        UUID id,
        UUID chatId,
        @Schema(description = "Its place in the chat, from 1 on without a gap.") int seq,
        @Schema(enumeration = {"user", "assistant"}) String role,
        @Schema(
                        description =
                                "The text to the letter; of a reply in progress what there is of it, else \"\".")
                String content,
        @Schema(enumeration = {"queued", "in_progress", "completed", "incomplete", "failed"})
                String status,
        Instant createdAt,
        @Nullable Instant completedAt,
        @Schema(description = "On replies, the model that was asked.") @Nullable String model,
        @Schema(
                        description =
                                "Why a completed or incomplete reply ended: stop, the model came to its end; length, it ran"
                                        + " into its limit; content_filter, the provider cut it; cancelled, by a client's cancel,"
                                        + " whenBusy: interrupt or the chat's deletion; interrupted, the model, its connection, a"
                                        + " timeout or this service broke it off, or the provider ended it for a reason that"
                                        + " error tells.",
                        enumeration = {
                            "stop",
                            "length",
                            "content_filter",
                            "cancelled",
                            "interrupted"
                        })
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
    @Schema(
            name = "ReplyError",
            requiredProperties = {"code", "message"})
    record ReplyError(
            @Schema(examples = "model-timeout") String code,
            String message,
            @Schema(description = "The HTTP status with which the model's provider refused.")
                    @Nullable Integer providerStatus) {

        static @Nullable ReplyError of(@Nullable Failure failure) {
            return failure == null
                    ? null
                    : new ReplyError(
                            failure.code().wire(), failure.message(), failure.providerStatus());
        }
    }
}
