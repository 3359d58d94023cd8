package ai.konko.openai;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A model that may be asked for. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
@Schema(
        name = "Model",
        requiredProperties = {"id", "object", "created", "owned_by"})
record ModelView(
        String id,
        @Schema(enumeration = "model") String object,
        @Schema(description = "Not known here, so 0.") long created,
        String ownedBy) {

    static ModelView of(String id) {
        return new ModelView(id, "model", 0, "provider");
    }
}
