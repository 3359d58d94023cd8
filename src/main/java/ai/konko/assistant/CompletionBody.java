package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/**
 * What the provider is asked: the body of a request for a chat completion, as in OpenAI's API
 * reference. Written without a tree or beans between, for its messages are the larger part of what
 * a turn reads and writes.
 */
final class CompletionBody {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int FIRST_BYTES = 4096;

    private CompletionBody() {}

    static Buffer of(List<ChatMessage> messages, ModelCall call) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(FIRST_BYTES);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("model", call.model());
            json.writeArrayFieldStart("messages");
            for (ChatMessage message : messages) {
                write(message, json);
            }
            json.writeEndArray();
            if (call.streamed()) {
                json.writeBooleanField("stream", true);
                json.writeObjectFieldStart("stream_options");
                json.writeBooleanField("include_usage", true);
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException unwritable) {
            throw new IllegalStateException("a request to the model can't be written", unwritable);
        }
        return Buffer.buffer(bytes.toByteArray());
    }

    private static void write(ChatMessage message, JsonGenerator json) throws IOException {
        json.writeStartObject();
        switch (message) {
            case SystemMessage system -> write("system", system.text(), json);
            case UserMessage user -> write("user", user.singleText(), json);
            case AiMessage reply -> write("assistant", reply.text(), json);
            default -> throw new IllegalArgumentException("no such message is ever sent");
        }
        json.writeEndObject();
    }

    private static void write(String role, String content, JsonGenerator json) throws IOException {
        json.writeStringField("role", role);
        json.writeStringField("content", content);
    }
}
