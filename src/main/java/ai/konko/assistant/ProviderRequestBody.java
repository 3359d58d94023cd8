package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.langchain4j.data.message.ChatMessage;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the body of a request for a chat completion, as in OpenAI's API reference. It needs no
 * tree or beans, because the messages are the larger part of what a turn reads and writes.
 */
final class ProviderRequestBody {
    private static final JsonFactory JSON = new JsonFactory();

    private ProviderRequestBody() {}

    /** Gives out the written bytes without a copy. Up to 8,000 bytes come at once. */
    private static final class Bytes extends ByteArrayOutputStream {
        Bytes() {
            super(0);
        }

        Buffer all() {
            return BufferImpl.buffer(Unpooled.wrappedBuffer(buf, 0, count));
        }
    }

    static Buffer of(List<ChatMessage> messages, ModelParameters call, Dialect dialect) {
        Bytes bytes = new Bytes();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("model", call.modelName());
            json.writeArrayFieldStart("messages");
            ProviderMessage each = new ProviderMessage(json, dialect);
            for (ChatMessage message : messages) {
                each.write(message);
            }
            json.writeEndArray();
            for (Map.Entry<String, Object> parameter : dialect.parameters(call.sent()).entrySet()) {
                json.writeFieldName(dialect.name(parameter.getKey()));
                write(parameter.getValue(), json);
            }
            boolean streamed = call.streamed() || dialect.streamOnly();
            json.writeBooleanField("stream", streamed); // some stream unless told not to
            if (streamed && dialect.streamOptions()) {
                json.writeObjectFieldStart("stream_options");
                json.writeBooleanField("include_usage", true);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException unwritable) {
            throw new IllegalStateException("a request to the model can't be written", unwritable);
        }
        return bytes.all();
    }

    private static void write(@Nullable Object value, JsonGenerator json) throws IOException {
        switch (value) {
            case null -> json.writeNull();
            case List<?> list -> {
                json.writeStartArray();
                for (Object each : list) {
                    write(each, json);
                }
                json.writeEndArray();
            }
            case Map<?, ?> map -> {
                json.writeStartObject();
                for (Map.Entry<?, ?> each : map.entrySet()) {
                    json.writeFieldName(String.valueOf(each.getKey()));
                    write(each.getValue(), json);
                }
                json.writeEndObject();
            }
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Double number -> json.writeNumber(number);
            case BigInteger number -> json.writeNumber(number);
            case BigDecimal number -> json.writeNumber(number);
            case Boolean truth -> json.writeBoolean(truth);
            case String text -> json.writeString(text);
            default -> throw new IllegalArgumentException("no such parameter is ever sent");
        }
    }
}
