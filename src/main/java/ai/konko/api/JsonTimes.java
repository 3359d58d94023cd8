package ai.konko.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/** Writes times as RFC 3339 in UTC, with three digits of milliseconds. */
@Singleton
class JsonTimes implements ObjectMapperCustomizer {
    private static final DateTimeFormatter MILLISECONDS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    @Override
    public int priority() {
        return MINIMUM_PRIORITY; // after Quarkus' own, so that this one holds
    }

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.registerModule(
                new SimpleModule("konko-times").addSerializer(Instant.class, new Milliseconds()));
    }

    static String wire(Instant time) {
        return MILLISECONDS.format(time);
    }

    private static final class Milliseconds extends JsonSerializer<Instant> {
        @Override
        public void serialize(Instant time, JsonGenerator json, SerializerProvider provider)
                throws IOException {
            json.writeString(wire(time));
        }
    }
}
