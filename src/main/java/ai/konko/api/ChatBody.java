package ai.konko.api;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Memory;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.http.JsonBody;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a client chooses for a new chat. */
@RegisterForReflection
record ChatBody(
        @Nullable String title,
        @Nullable String instructions,
        @Nullable String model,
        @Nullable Map<String, String> metadata,
        @Nullable JsonNode tools,
        @Nullable JsonNode toolChoice,
        @Nullable JsonNode responseFormat,
        @Nullable JsonNode parameters,
        @Nullable JsonNode memory)
        implements JsonBody {
    private static final String METADATA = "metadata";

    @Override
    public List<Violation> broken(ChatLimits limits) {
        List<Violation> broken = new ArrayList<>();
        TextBound.TITLE.check("title", title, limits, broken);
        TextBound.INSTRUCTIONS.check("instructions", instructions, limits, broken);
        TextBound.MODEL.check("model", model, limits, broken);
        if (entries().size() > SettingsPatch.METADATA_ENTRIES) {
            broken.add(
                    new Violation(
                            METADATA,
                            "must have at most " + SettingsPatch.METADATA_ENTRIES + " entries"));
        }
        entries().forEach((key, value) -> check(key, value, limits, broken));
        Map<String, @Nullable Object> _ = ModelOptions.read(forModel(), broken);
        Memory.Patch _ = MemoryOptions.read(memory, broken);
        return broken;
    }

    private static void check(
            String key, @Nullable String value, ChatLimits limits, List<Violation> broken) {
        TextBound.METADATA_KEY.check(METADATA, key, limits, broken);
        TextBound.METADATA_VALUE.check(METADATA, value, limits, broken);
        if (value == null) {
            broken.add(new Violation(METADATA, "must be a string"));
        }
    }

    private Map<String, String> entries() {
        return metadata == null ? Map.of() : metadata;
    }

    Settings settings() {
        Map<String, Object> options = ModelOptions.given(forModel());
        ModelOptions.requireChoice(options);
        Memory chosen = MemoryOptions.read(memory, new ArrayList<>()).applyTo(Memory.NONE);
        return new Settings(title, instructions, model, entries(), options, chosen);
    }

    /**
     * @return the same text for settings that are the same
     */
    static String canonical(Settings settings, ObjectMapper json) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("title", settings.title());
        all.put("instructions", settings.instructions());
        all.put("model", settings.model());
        all.put(METADATA, settings.metadata());
        all.put("parameters", settings.parameters());
        if (!settings.memory().equals(Memory.NONE)) { // what versions before did not know
            all.put("memory", settings.memory().values());
        }
        try {
            return json.writer(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .writeValueAsString(all);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("settings can't be written as JSON", unwritable);
        }
    }

    private ModelOptions.Given forModel() {
        return new ModelOptions.Given(tools, toolChoice, responseFormat, parameters);
    }

    @Override
    public String toString() {
        return "ChatBody[]";
    }
}
