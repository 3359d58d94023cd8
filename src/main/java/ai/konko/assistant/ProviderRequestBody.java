package ai.konko.assistant;

import ai.konko.chat.Attached;
import ai.konko.chat.Items;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.langchain4j.data.message.ChatMessage;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes the body of a request for a chat completion, as in OpenAI's API reference. It needs no
 * tree or beans, because the messages are the larger part of what a turn reads and writes.
 */
final class ProviderRequestBody {
    private static final JsonFactory JSON = new JsonFactory();

    /** For what is around an attachment or a text. */
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
        List<Attached> wanted = attached(messages);
        Map<String, byte[]> attached = read(wanted, call.attached());
        Bytes bytes = new Bytes(wanted.isEmpty() ? 0 : expected(wanted, messages));
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

    /**
     * @return how many bytes the attachments of the messages take until they are sent: those that
     *     are read, and those that they become; 0 if there are none
     */
    static long attachedBytes(List<ChatMessage> messages) {
        long bytes = 0;
        for (Attached each : attached(messages)) {
            bytes += (long) each.size() + inBase64(each);
        }
        return bytes;
    }

    /** Each as often as it is sent. */
    private static List<Attached> attached(List<ChatMessage> messages) {
        List<Attached> all = List.of();
        for (ChatMessage each : messages) {
            if (each instanceof ContextMessage said && !said.items().isEmpty()) {
                all = all.isEmpty() ? new ArrayList<>() : all;
                all.addAll(Items.attached(said.items()));
            }
        }
        return all;
    }

    /** All at once. */
    private static Map<String, byte[]> read(List<Attached> wanted, AttachedBytes source) {
        return wanted.isEmpty()
                ? Map.of()
                : source.read(wanted.stream().map(Attached::id).collect(Collectors.toSet()));
    }

    private static int inBase64(Attached attached) {
        return (attached.size() + 2) / 3 * 4;
    }

    /** Enough for most, because the bytes double when they are full. */
    private static int expected(List<Attached> attached, List<ChatMessage> messages) {
        int expected = 0;
        for (Attached each : attached) {
            expected += inBase64(each) + ROOM;
        }
        for (ChatMessage each : messages) {
            expected += ROOM + (each instanceof ContextMessage said ? said.length() : 0);
        }
        return expected;
    }

    /** A value as a request has it. */
    static String text(Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            write(value, json);
        } catch (IOException unwritable) {
            throw new IllegalStateException("a parameter can't be written", unwritable);
        }
        return text.toString();
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
