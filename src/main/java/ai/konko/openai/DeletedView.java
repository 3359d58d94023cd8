package ai.konko.openai;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What is gone. */
@RegisterForReflection
@Schema(
        name = "Deleted",
        requiredProperties = {"id", "object", "deleted"})
record DeletedView(
        String id,
        @Schema(enumeration = {"conversation.deleted", "response"}) String object,
        boolean deleted) {}
