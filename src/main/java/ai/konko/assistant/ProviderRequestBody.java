package ai.konko.assistant;

import ai.konko.chat.Items;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the body of a request for a chat completion, as in OpenAI's API reference. It needs no
 * tree or beans, because the messages are the larger part of what a turn reads and writes.
 */
final class ProviderRequestBody {
    private static final JsonFactory JSON = new JsonFactory();

    /** For what is around an attachment. */
    private static final int ROOM = 1024;

    private ProviderRequestBody() {}

    /** Gives out the written bytes without a copy. Up to 8,000 bytes come at once. */
    private static final class Bytes extends ByteArrayOutputStream {
        Bytes(int expected) {
            super(expected);
        }

        Buffer all() {
            return BufferImpl.buffer(Unpooled.wrappedBuffer(buf, 0, count));
        }
    }

    static Buffer of(List<ChatMessage> messages, ModelParameters call, Dialect dialect) {
        Map<String, byte[]> attached = attached(messages, call.attached());
        Bytes bytes = new Bytes(expected(attached));
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("model", call.modelName());
            json.writeArrayFieldStart("messages");
            ProviderMessage each = new ProviderMessage(json, dialect, attached);
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

    /** Reads all attachments of the messages at once, if there are any. */
    private static Map<String, byte[]> attached(List<ChatMessage> messages, AttachedBytes source) {
        Set<String> ids = new HashSet<>();
        for (ChatMessage each : messages) {
            if (each instanceof ContextMessage said) {
                Items.attached(said.items()).forEach(attached -> ids.add(attached.id()));
            }
        }
        return ids.isEmpty() ? Map.of() : source.read(ids);
    }

    /** In base64, and some room for the rest; nothing if there are no attachments. */
    private static int expected(Map<String, byte[]> attached) {
        int expected = 0;
        for (byte[] each : attached.values()) {
            expected += each.length / 3 * 4 + ROOM;
        }
        return expected;
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
