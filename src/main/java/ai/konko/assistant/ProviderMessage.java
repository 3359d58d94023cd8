package ai.konko.assistant;

import ai.konko.chat.Attached;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Items;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes a message as chat completions have it, LangChain4j's own messages too. */
final class ProviderMessage {
    /** How many bytes are turned into base64 at once; a multiple of three. */
    private static final int STRIDE = 48 * 1024;

    private static final Base64.Encoder BASE64 = Base64.getEncoder();

    private final JsonGenerator json;
    private final Dialect dialect;
    private final Map<String, byte[]> attached;

    /**
     * @param attached the bytes of attachments, by their ids
     */
    ProviderMessage(JsonGenerator json, Dialect dialect, Map<String, byte[]> attached) {
        this.json = json;
        this.dialect = dialect;
        this.attached = attached;
    }

    void write(ChatMessage message) throws IOException {
        json.writeStartObject();
        switch (message) {
            case SystemMessage system -> write("system", system.text());
            case UserMessage user -> write(user);
            case ContextMessage said -> write(said);
            case AiMessage reply -> {
                write("assistant", reply.text());
                calls(reply.toolExecutionRequests().stream().map(ProviderMessage::call).toList());
            }
            case ToolExecutionResultMessage result -> {
                write("tool", result.text());
                json.writeStringField("tool_call_id", dialect.callId(result.id()));
            }
            default -> throw new IllegalArgumentException("no such message is ever sent");
        }
        json.writeEndObject();
    }

    private void write(String role, @Nullable String content) throws IOException {
        json.writeStringField("role", role);
        json.writeStringField("content", content);
    }

    private void write(ContextMessage said) throws IOException {
        json.writeStringField("role", said.role());
        json.writeFieldName("content");
        if (said.items().isEmpty()) {
            json.writeUTF8String(said.text(), said.from(), said.length());
        } else if (said.items().getFirst() instanceof Call) {
            if (said.length() == 0) {
                json.writeNull();
            } else {
                json.writeUTF8String(said.text(), said.from(), said.length());
            }
            calls(said.calls());
        } else {
            parts(Items.withTexts(said.content(), said.items()));
        }
        if (said.callId() != null) {
            json.writeStringField("tool_call_id", dialect.callId(said.callId()));
        }
    }

    private void parts(List<Item> items) throws IOException {
        json.writeStartArray();
        for (Item each : items) {
            switch (each) {
                case Item.Text text -> part(text.text());
                case Item.Image image -> image(image);
                case Item.File file -> attached(file.attached());
                default -> throw new IllegalArgumentException("no such part is ever sent");
            }
        }
        json.writeEndArray();
    }

    private void write(UserMessage user) throws IOException {
        if (user.hasSingleText()) {
            write("user", user.singleText());
            return;
        }
        json.writeStringField("role", "user");
        json.writeArrayFieldStart("content");
        for (Content each : user.contents()) {
            switch (each) {
                case TextContent text -> part(text.text());
                case ImageContent image -> image(url(image.image()));
                default -> throw new IllegalArgumentException("no such part is ever sent");
            }
        }
        json.writeEndArray();
    }

    private static String url(Image image) {
        return image.url() == null
                ? "data:%s;base64,%s".formatted(image.mimeType(), image.base64Data())
                : image.url().toString();
    }

    private void image(Item.Image image) throws IOException {
        if (image.attached() != null) {
            attached(image.attached());
        } else {
            image(Objects.requireNonNull(image.url()));
        }
    }

    /** The bytes are there, unless the chat was deleted meanwhile. */
    private void attached(Attached what) throws IOException {
        byte[] bytes = attached.get(what.id());
        if (bytes == null) {
            part(PromptMessages.leftOut(what));
            return;
        }
        String type = what.name() == null ? "image_url" : "file";
        json.writeStartObject();
        json.writeStringField("type", type);
        json.writeObjectFieldStart(type);
        if (what.name() != null) {
            json.writeStringField("filename", what.name());
        }
        json.writeFieldName(what.name() == null ? "url" : "file_data");
        data(what.mediaType(), bytes);
        json.writeEndObject();
        json.writeEndObject();
    }

    /** A data URL (RFC 2397), written part by part. No character of it needs an escape in JSON. */
    private void data(String mediaType, byte[] bytes) throws IOException {
        json.writeRawValue("\"data:" + mediaType + ";base64,");
        for (int from = 0; from < bytes.length; from += STRIDE) {
            int to = Math.min(bytes.length, from + STRIDE);
            json.writeRaw(BASE64.encodeToString(Arrays.copyOfRange(bytes, from, to)));
        }
        json.writeRaw('"');
    }

    private void part(String text) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "text");
        json.writeStringField("text", text);
        json.writeEndObject();
    }

    private void image(String url) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "image_url");
        json.writeObjectFieldStart("image_url");
        json.writeStringField("url", url);
        json.writeEndObject();
        json.writeEndObject();
    }

    private static Call call(ToolExecutionRequest request) {
        return Call.open(0, request.id(), request.name(), request.arguments());
    }

    private void calls(List<Call> calls) throws IOException {
        if (calls.isEmpty()) { // an empty list is refused
            return;
        }
        json.writeArrayFieldStart("tool_calls");
        for (Call each : calls) {
            json.writeStartObject();
            json.writeStringField("id", dialect.callId(each.callId()));
            json.writeStringField("type", "function");
            json.writeObjectFieldStart("function");
            json.writeStringField("name", CallForm.name(each.tool()));
            json.writeStringField("arguments", CallForm.arguments(each.arguments()));
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
