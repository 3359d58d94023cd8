package ai.konko.api;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Item;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.WellFormed;
import ai.konko.http.JsonValues;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a post consists of: its text, and beside it outputs of calls and images.
 *
 * @param items the outputs first, as they were posted
 */
record PostContent(String text, List<Item> items) {
    private static final String CONTENT = "content";
    private static final String OUTPUTS = "outputs";
    private static final int MOST_OUTPUTS = 128;
    private static final int MOST_PARTS = 128;
    private static final int LONGEST_ID = 256;
    private static final int LONGEST_URL = 8192;

    private static final Set<String> TEXT = Set.of("type", "text");
    private static final Set<String> IMAGE = Set.of("type", "url");
    private static final Set<String> OUTPUT = Set.of("callId", "output", "failed");

    /** Of a body that was checked. */
    static PostContent of(@Nullable JsonNode content, @Nullable JsonNode outputs) {
        if (outputs == null && content != null && content.isTextual()) {
            return new PostContent(content.textValue(), List.of());
        }
        List<Item> items = new ArrayList<>();
        if (outputs != null) {
            for (JsonNode each : outputs) {
                items.add(
                        new Item.Output(
                                0,
                                each.path("callId").textValue(),
                                each.path("output").textValue(),
                                each.path("failed").booleanValue()));
            }
        }
        if (content == null || content.isTextual()) {
            return new PostContent(content == null ? "" : content.textValue(), items);
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            if ("image".equals(part.path("type").textValue())) {
                items.add(new Item.Image(text.length(), part.path("url").textValue()));
            } else {
                text.append(part.path("text").textValue());
            }
        }
        return new PostContent(text.toString(), items);
    }

    /**
     * @param broken takes the rules that are broken
     */
    static void check(
            @Nullable JsonNode content,
            @Nullable JsonNode outputs,
            ChatLimits limits,
            List<Violation> broken) {
        boolean answers = outputs != null;
        if (outputs != null) {
            checkOutputs(outputs, limits, broken);
        }
        if (content == null) {
            if (!answers) {
                broken.add(new Violation(CONTENT, "is missing"));
            }
        } else if (content.isTextual()) {
            TextBound.MESSAGE.check(CONTENT, content.textValue(), limits, broken);
        } else if (content.isArray()) {
            checkParts(content, limits, broken);
        } else {
            broken.add(new Violation(CONTENT, "is of the wrong JSON type"));
        }
    }

    private static void checkParts(JsonNode parts, ChatLimits limits, List<Violation> broken) {
        if (parts.isEmpty() || parts.size() > MOST_PARTS) {
            broken.add(new Violation(CONTENT, "must have 1 to %d parts".formatted(MOST_PARTS)));
            return;
        }
        StringBuilder text = new StringBuilder();
        boolean images = false;
        for (int i = 0; i < parts.size(); i++) {
            String field = "%s[%d]".formatted(CONTENT, i);
            JsonNode part = parts.get(i);
            switch (part.path("type").asText()) {
                case "text" -> {
                    JsonValues.requireKnown(field, part, TEXT);
                    String piece = string(field + ".text", part.path("text"), broken);
                    text.append(piece == null ? "" : piece);
                }
                case "image" -> {
                    images = true;
                    JsonValues.requireKnown(field, part, IMAGE);
                    checkUrl(field + ".url", part.path("url"), broken);
                }
                default -> broken.add(new Violation(field + ".type", "must be text or image"));
            }
        }
        if (!images || !text.isEmpty()) {
            TextBound.MESSAGE.check(CONTENT, text.toString(), limits, broken);
        }
    }

    private static void checkUrl(String field, JsonNode url, List<Violation> broken) {
        String given = string(field, url, broken);
        if (given != null && (given.length() > LONGEST_URL || !isHttp(given))) {
            broken.add(
                    new Violation(
                            field,
                            "must be an http or https URL of at most %d characters"
                                    .formatted(LONGEST_URL)));
        }
    }

    private static boolean isHttp(String url) {
        try {
            URI parsed = new URI(url);
            return parsed.getHost() != null
                    && ("http".equalsIgnoreCase(parsed.getScheme())
                            || "https".equalsIgnoreCase(parsed.getScheme()));
        } catch (URISyntaxException _) {
            return false;
        }
    }

    private static void checkOutputs(JsonNode outputs, ChatLimits limits, List<Violation> broken) {
        if (!outputs.isArray() || outputs.isEmpty() || outputs.size() > MOST_OUTPUTS) {
            broken.add(
                    new Violation(
                            OUTPUTS, "must be a list of 1 to %d outputs".formatted(MOST_OUTPUTS)));
            return;
        }
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < outputs.size(); i++) {
            String field = "%s[%d]".formatted(OUTPUTS, i);
            JsonNode output = outputs.get(i);
            JsonValues.requireKnown(field, output, OUTPUT);
            checkId(field + ".callId", output.path("callId"), ids, broken);
            String text = string(field + ".output", output.path("output"), broken);
            if (text != null && text.length() > limits.outputCharacters()) {
                broken.add(
                        new Violation(
                                field + ".output",
                                "must have at most %d characters"
                                        .formatted(limits.outputCharacters())));
            }
            JsonNode failed = output.path("failed");
            if (!failed.isMissingNode() && !failed.isBoolean()) {
                broken.add(new Violation(field + ".failed", "must be true or false"));
            }
        }
    }

    private static void checkId(
            String field, JsonNode given, Set<String> ids, List<Violation> broken) {
        String id = string(field, given, broken);
        if (id == null) {
            return;
        }
        if (id.isEmpty() || id.length() > LONGEST_ID) {
            broken.add(new Violation(field, "must have 1 to %d characters".formatted(LONGEST_ID)));
        } else if (!ids.add(id)) {
            broken.add(new Violation(field, "is there twice"));
        }
    }

    /**
     * @return null if it is no text that can be kept
     */
    private static @Nullable String string(String field, JsonNode node, List<Violation> broken) {
        if (node.isMissingNode()) {
            broken.add(new Violation(field, "is missing"));
            return null;
        }
        if (!node.isTextual()) {
            broken.add(new Violation(field, "is of the wrong JSON type"));
            return null;
        }
        if (!WellFormed.holds(node.textValue())) {
            broken.add(
                    new Violation(field, "must not have a NUL character or an unpaired surrogate"));
            return null;
        }
        return node.textValue();
    }

    @Override
    public String toString() {
        return "PostContent[items=" + items.size() + "]";
    }
}
