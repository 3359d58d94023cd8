package ai.konko.openai;

import ai.konko.chat.Attachment;
import ai.konko.chat.Item;
import ai.konko.chat.RefusedException;
import ai.konko.openai.InputItem.Answered;
import ai.konko.openai.InputItem.Called;
import ai.konko.openai.InputItem.Reference;
import ai.konko.openai.InputItem.Role;
import ai.konko.openai.InputItem.Spoken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads items and messages as OpenAI's clients send them, and as they send back what they were
 * given. Fields that are not read here change nothing.
 */
final class InputReader {
    private static final Pattern URL = Pattern.compile("(?i)https?://\\S{1,8000}");
    private static final int MOST_SHOWN = 128;
    private static final int LONGEST_ID = 256;
    private static final String UNSUPPORTED = "is not supported here";

    private final String path;
    private final JsonNode given;
    private final InputFiles files;
    private final List<InputItem> read = new ArrayList<>();

    private InputReader(String path, JsonNode given, InputFiles files) {
        this.path = path;
        this.given = given;
        this.files = files;
    }

    /**
     * @param path where in the request it is
     * @return none for an item that nothing is kept of, several for a message with calls
     */
    static List<InputItem> read(String path, JsonNode given, InputFiles files) {
        InputReader reader = new InputReader(path, given, files);
        reader.read();
        return reader.read;
    }

    private void read() {
        if (!given.isObject()) {
            throw RefusedException.invalid(path, "must be a message or an item");
        }
        JsonNode type = RequestParameters.orMissing(given.get("type"));
        switch (type.isMissingNode() ? typeless() : type.asText()) {
            case "message" -> message();
            case "function_call" -> call(path, given, callId(path, given, "call_id"));
            case "function_call_output" -> answered("call_id", "output");
            case CompactionItem.TYPE ->
                    read.add(new Spoken(path, Role.SYSTEM, CompactionItem.told(path, given)));
            case "reasoning" -> {
                // Never sent back to the model.
            }
            case "item_reference" -> read.add(new Reference(path, text(path, given, "id")));
            default -> throw RefusedException.unsupported(path + ".type", UNSUPPORTED);
        }
    }

    private String typeless() {
        return !given.has("role") && given.has("id") ? "item_reference" : "message";
    }

    private void message() {
        JsonNode name = field(given, "name");
        if (!name.isMissingNode() && !name.isTextual()) {
            throw RefusedException.invalid(path + ".name", "must be text");
        }
        switch (given.path("role").textValue()) {
            case "user" -> user();
            case "assistant" -> assistant();
            case "system", "developer" -> spoken(Role.SYSTEM, new Content());
            case "tool" -> answered("tool_call_id", "content");
            case "function" -> throw RefusedException.unsupported(path + ".role", UNSUPPORTED);
            case null, default ->
                    throw RefusedException.invalid(
                            path + ".role", "must be user, assistant, system, developer or tool");
        }
    }

    private void user() {
        Content content = new Content();
        content.mayShow = true;
        spoken(Role.USER, content);
    }

    private void spoken(Role by, Content content) {
        content.read("content");
        read.add(
                new Spoken(
                        path,
                        by,
                        content.text.toString(),
                        List.copyOf(content.shown),
                        List.copyOf(content.attachments)));
    }

    private void assistant() {
        for (String each : List.of("audio", "function_call")) {
            RequestParameters.nothing(path + "." + each, given.get(each));
        }
        Content content = new Content();
        content.read("content");
        JsonNode refusal = field(given, "refusal");
        if (content.text.isEmpty() && refusal.isTextual()) {
            content.add("refusal", refusal);
        }
        read.add(new Spoken(path, Role.ASSISTANT, content.text.toString()));
        JsonNode calls = field(given, "tool_calls");
        if (!calls.isMissingNode() && !calls.isArray()) {
            throw RefusedException.invalid(path + ".tool_calls", "must be a list");
        }
        for (int i = 0; i < calls.size(); i++) {
            String at = "%s.tool_calls[%d]".formatted(path, i);
            JsonNode type = field(calls.get(i), "type");
            RequestParameters.require(
                    type.isMissingNode() || "function".equals(type.textValue()),
                    at + ".type",
                    "is supported only as function");
            call(at, calls.get(i).path("function"), callId(at, calls.get(i), "id"));
        }
    }

    private void call(String at, JsonNode function, String callId) {
        read.add(
                new Called(
                        at,
                        callId,
                        ProviderForm.name(at, function),
                        RequestParameters.wellFormed(
                                at + ".arguments", function.path("arguments"))));
    }

    private void answered(String id, String output) {
        Content content = new Content();
        content.read(output);
        read.add(new Answered(path, callId(path, given, id), content.text.toString()));
    }

    private static String callId(String at, JsonNode from, String name) {
        String id = text(at, from, name);
        if (id.length() > LONGEST_ID) {
            throw RefusedException.invalid(
                    at + "." + name, "must be 1 to %d characters".formatted(LONGEST_ID));
        }
        return id;
    }

    private static String text(String at, JsonNode from, String name) {
        String text = RequestParameters.wellFormed(at + "." + name, from.path(name));
        if (text.isEmpty()) {
            throw RefusedException.invalid(at + "." + name, "must not be empty");
        }
        return text;
    }

    private static JsonNode field(JsonNode from, String name) {
        return from.isObject()
                ? RequestParameters.orMissing(from.get(name))
                : MissingNode.getInstance();
    }

    /** A text, or a list of parts. */
    private final class Content {
        private final StringBuilder text = new StringBuilder();
        private final List<Item> shown = new ArrayList<>();
        private final List<Attachment> attachments = new ArrayList<>();
        private boolean mayShow;

        void read(String name) {
            JsonNode content = field(given, name);
            if (content.isMissingNode()) {
                return;
            }
            if (!content.isArray()) {
                add(name, content);
                return;
            }
            for (int i = 0; i < content.size(); i++) {
                part("%s[%d]".formatted(name, i), content.get(i));
            }
        }

        private void part(String at, JsonNode part) {
            switch (part.path("type").asText()) {
                case "text", "input_text", "output_text" -> add(at + ".text", part.path("text"));
                case "refusal" -> add(at + ".refusal", part.path("refusal"));
                case "image_url" -> image(at, part, part.at("/image_url/url"));
                case "input_image" -> image(at, part, part.path("image_url"));
                case "input_file" -> file(at, at, part);
                case "file" -> file(at, at + ".file", part.path("file"));
                default ->
                        throw RefusedException.unsupported(path + "." + at + ".type", UNSUPPORTED);
            }
        }

        private void image(String at, JsonNode part, JsonNode url) {
            requireMayShow(at);
            RequestParameters.nothing(path + "." + at + ".file_id", part.get("file_id"));
            String field = path + "." + at + ".image_url";
            String given = RequestParameters.wellFormed(field, url);
            Attachment image = files.image(field, given);
            if (image == null) {
                RequestParameters.require(
                        URL.matcher(given).matches(),
                        field,
                        "is supported only as an http or https URL, or as data in base64");
                shown.add(new Item.Image(text.length(), given));
            } else {
                attachments.add(image);
                shown.add(new Item.Image(text.length(), null, image.as()));
            }
        }

        private void file(String at, String fields, JsonNode file) {
            requireMayShow(at);
            Attachment read = files.file(path + "." + fields, file);
            attachments.add(read);
            shown.add(new Item.File(text.length(), read.as()));
        }

        private void requireMayShow(String at) {
            RequestParameters.require(mayShow, path + "." + at + ".type", UNSUPPORTED);
            if (shown.size() == MOST_SHOWN) {
                throw RefusedException.invalid(
                        path, "must have at most %d images and files".formatted(MOST_SHOWN));
            }
        }

        private void add(String at, JsonNode piece) {
            text.append(RequestParameters.wellFormed(path + "." + at, piece));
        }
    }
}
