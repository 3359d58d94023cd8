package ai.konko.store.postgres;

import ai.konko.chat.Attached;
import ai.konko.chat.CallStatus;
import ai.konko.chat.Highlights;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Options;
import ai.konko.chat.Sized;
import ai.konko.chat.Usage;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of columns that JDBC has no type for. */
@RegisterForReflection(
        targets = {
            Options.class,
            Highlights.class,
            Highlights.Point.class,
            Item.class,
            CallStatus.class,
            Attached.class,
            Item.File.class,
            Item.Image.class,
            Item.Reasoning.class,
            Item.Call.class,
            Item.Output.class,
            Item.Erased.class,
            Item.Kind.class,
            Columns.TypedItem.class,
            Columns.NamesInLog.class,
            Columns.KnownToAll.class
        })
final class Columns {
    private static final ObjectMapper WHOLE =
            JsonMapper.builder()
                    .addMixIn(Options.class, NamesInLog.class)
                    .addMixIn(Highlights.class, KnownToAll.class)
                    .build();

    private static final TypeReference<List<Item>> ITEMS = new TypeReference<>() {};
    private static final TypeReference<LinkedHashMap<String, Object>> VALUES =
            new TypeReference<>() {};

    /** Times are text. */
    private static final ObjectMapper ITEM =
            JsonMapper.builder()
                    .addModule(new JavaTimeModule())
                    .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                    .defaultPropertyInclusion(
                            JsonInclude.Value.construct(
                                    JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
                    .addMixIn(Item.class, TypedItem.class)
                    .build();

    /** Items name their type, without knowing of Jackson. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Item.File.class, name = "file"),
        @JsonSubTypes.Type(value = Item.Image.class, name = "image"),
        @JsonSubTypes.Type(value = Item.Reasoning.class, name = "reasoning"),
        @JsonSubTypes.Type(value = Item.Call.class, name = "call"),
        @JsonSubTypes.Type(value = Item.Output.class, name = "output"),
        @JsonSubTypes.Type(value = Item.Erased.class, name = "erased")
    })
    interface TypedItem {}

    /** What is named otherwise in the log, which versions before this one write and read too. */
    interface NamesInLog {
        @JsonProperty("labels")
        Map<String, Object> shown();
    }

    /** Versions before this one do not know how often something was erased. */
    interface KnownToAll {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        int erasures();
    }

    /** Leaves out values that are the default. */
    private static final ObjectMapper SPARSE =
            JsonMapper.builder()
                    .addMixIn(Options.class, NamesInLog.class)
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
        return json(WHOLE.writer(), value);
    }

    static @Nullable String json(@Nullable Options options) {
        return options == null ? null : json(SPARSE.writer(), options);
    }

    static @Nullable String json(@Nullable List<Item> items) {
        return items == null || items.isEmpty() ? null : json(ITEM.writerFor(ITEMS), items);
    }

    /** How much text the items hold; null if there are none. */
    static @Nullable Integer length(List<Item> items) {
        return items.isEmpty() ? null : (int) Math.min(Sized.characters(items), Integer.MAX_VALUE);
    }

    /** The ids of the calls among the items; null if there are none. */
    static String @Nullable [] callIds(List<Item> items) {
        List<Item.Call> calls = Items.calls(items);
        return calls.isEmpty()
                ? null
                : calls.stream().map(Item.Call::callId).toArray(String[]::new);
    }

    static @Nullable String jsonOrNull(Map<String, Object> values) {
        return values.isEmpty() ? null : json(values);
    }

    private static String json(ObjectWriter writer, Object value) {
        try {
            return writer.writeValueAsString(value);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalStateException("a value can't be written as JSON", unwritable);
        }
    }

    static <T> T read(String json, TypeReference<T> type) {
        return read(WHOLE, json, type);
    }

    static List<Item> items(ResultSet row, String column) throws SQLException {
        String items = row.getString(column);
        return items == null ? List.of() : read(ITEM, items, ITEMS);
    }

    static Map<String, Object> values(ResultSet row, String column) throws SQLException {
        String values = row.getString(column);
        return values == null ? Map.of() : read(values, VALUES);
    }

    private static <T> T read(ObjectMapper mapper, String json, TypeReference<T> type) {
        try {
            return mapper.readValue(json, type);
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
        return row.wasNull()
                ? null
                : new Usage(
                        input,
                        row.getLong("output_tokens"),
                        row.getObject("cached_tokens", Long.class),
                        row.getObject("reasoning_tokens", Long.class));
    }
}
