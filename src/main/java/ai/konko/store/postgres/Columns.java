package ai.konko.store.postgres;

import ai.konko.chat.Highlights;
import ai.konko.chat.Options;
import ai.konko.chat.Usage;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Values of columns that JDBC has no type for. */
@RegisterForReflection(targets = {Options.class, Highlights.class, Highlights.Point.class})
final class Columns {
    private static final ObjectMapper WHOLE = new ObjectMapper();

    /** Leaves out values that are the default. */
    private static final ObjectMapper SPARSE =
            JsonMapper.builder()
                    .defaultPropertyInclusion(
                            JsonInclude.Value.construct(
                                    JsonInclude.Include.NON_DEFAULT, JsonInclude.Include.ALWAYS))
                    .withConfigOverride(
                            String.class, // empty instructions mean: not the chat's
                            config ->
                                    config.setInclude(
                                            JsonInclude.Value.construct(
                                                    JsonInclude.Include.NON_NULL,
                                                    JsonInclude.Include.ALWAYS)))
                    .build();

    private Columns() {}

    static String json(Object value) {
        return json(WHOLE, value);
    }

    static @Nullable String json(@Nullable Options options) {
        return options == null ? null : json(SPARSE, options);
    }

    private static String json(ObjectMapper mapper, Object value) {
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

    static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    static @Nullable Duration seconds(ResultSet row, String column) throws SQLException {
        int seconds = row.getInt(column);
        return row.wasNull() ? null : Duration.ofSeconds(seconds);
    }

    static @Nullable Usage usage(ResultSet row) throws SQLException {
        long input = row.getLong("input_tokens");
        return row.wasNull() ? null : new Usage(input, row.getLong("output_tokens"));
    }
}
