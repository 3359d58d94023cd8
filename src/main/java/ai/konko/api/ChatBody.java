package ai.konko.api;

import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.http.JsonBody;
import ai.konko.http.TextBound;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a client chooses for a new chat. */
@RegisterForReflection
@Schema(name = "NewChat", additionalProperties = Schema.False.class)
record ChatBody(
        @Schema(minLength = 1, maxLength = 200) @Text(TextBound.TITLE) @Nullable String title,
        @Schema(description = "The chat's system prompt.", minLength = 1, maxLength = 32768)
                @Text(TextBound.INSTRUCTIONS)
                @Nullable String instructions,
        @Schema(
                        description =
                                "The model that the provider is asked for; the configured one where absent.",
                        minLength = 1,
                        maxLength = 200)
                @Text(TextBound.MODEL)
                @Nullable String model,
        @Schema(
                        description =
                                "At most 16 entries, keys of 1 to 64 and values of at most 512 characters.")
                @Size(
                        max = SettingsPatch.METADATA_ENTRIES,
                        message = "must have at most {max} entries")
                @Nullable
                        Map<
                                @Text(TextBound.METADATA_KEY) String,
                                @NotNull(message = "must be a string")
                                @Text(TextBound.METADATA_VALUE) String>
                        metadata)
        implements JsonBody {

    Settings settings() {
        return new Settings(title, instructions, model, metadata == null ? Map.of() : metadata);
    }

    @Override
    public String toString() {
        return "ChatBody[]";
    }
}
