package ai.konko.store.postgres;

import ai.konko.chat.Highlights;
import ai.konko.chat.Options;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/** Values that a column has as JSON. */
@RegisterForReflection(targets = {Options.class, Highlights.class, Highlights.Point.class})
final class JsonColumn {
    private static final ObjectMapper WHOLE = new ObjectMapper();

    /** Leaves out what has its default. */
    private static final ObjectMapper SPARSE =
            JsonMapper.builder()
                    .defaultPropertyInclusion(
                            JsonInclude.Value.construct(
                                    JsonInclude.Include.NON_DEFAULT, JsonInclude.Include.ALWAYS))
                    .withConfigOverride(
                            String.class, // empty instructions stand for none of the chat's
                            config ->
                                    config.setInclude(
                                            JsonInclude.Value.construct(
                                                    JsonInclude.Include.NON_NULL,
                                                    JsonInclude.Include.ALWAYS)))
                    .build();

    private JsonColumn() {}

    static String written(Object value) {
        return written(WHOLE, value);
    }

    static @Nullable String written(@Nullable Options options) {
        return options == null ? null : written(SPARSE, options);
    }

    private static String written(ObjectMapper mapper, Object value) {
        try {
            return mapper.writeValueAsString(value);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a value can't be written as JSON", unwritable);
        }
    }

    static <T> T read(String json, TypeReference<T> type) {
        try {
            return WHOLE.readValue(json, type);
        } catch (JsonProcessingException unreadable) {
            throw new IllegalStateException("the store has unreadable JSON");
        }
    }
}
