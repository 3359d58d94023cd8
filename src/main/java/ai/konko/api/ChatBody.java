package ai.konko.api;

import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.http.JsonBody;
import ai.konko.http.TextBound;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a client chooses for a new chat. */
@RegisterForReflection
record ChatBody(
        @Text(TextBound.TITLE) @Nullable String title,
        @Text(TextBound.INSTRUCTIONS) @Nullable String instructions,
        @Text(TextBound.MODEL) @Nullable String model,
        @Size(max = SettingsPatch.METADATA_ENTRIES, message = "must have at most {max} entries")
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
