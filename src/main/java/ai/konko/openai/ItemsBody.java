package ai.konko.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Items to take in. */
@RegisterForReflection
@Schema(name = "NewItems", additionalProperties = Schema.False.class)
record ItemsBody(
        @Schema(
                        implementation = Object[].class,
                        required = true,
                        description =
                                "Messages (role, content as text or text parts). An assistant's follows a user's; those"
                                        + " of system or developer come first and become the conversation's"
                                        + " instructions.")
                @Nullable JsonNode items) {

    @Override
    public String toString() {
        return "ItemsBody[]";
    }
}
