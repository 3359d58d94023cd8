package ai.konko.api;

import static ai.konko.api.PostContent.CONTENT;
import static ai.konko.api.PostContent.DATA;
import static ai.konko.api.PostContent.MEDIA_TYPE;

import ai.konko.chat.Attached;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ImageType;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.WellFormed;
import ai.konko.http.JsonValues;
import ai.konko.http.TextBound;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules of what a post may consist of. */
final class PostRules {
    private static final String OUTPUTS = "outputs";
    private static final int MOST_OUTPUTS = 128;
    private static final int MOST_PARTS = 128;
    private static final int LONGEST_ID = 256;
    private static final int LONGEST_URL = 8192;

    private static final Set<String> TEXT = Set.of("type", "text");
    private static final Set<String> IMAGE = Set.of("type", "url");
    private static final Set<String> IMAGE_DATA = Set.of("type", MEDIA_TYPE, DATA);
    private static final Set<String> FILE = Set.of("type", MEDIA_TYPE, "name", DATA);
    private static final Set<String> OUTPUT = Set.of("callId", "output", "failed");

    private PostRules() {}

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
            broken.add(new Violation(CONTENT, "must be a string or a list of parts"));
        }
    }

    private static void checkParts(JsonNode parts, ChatLimits limits, List<Violation> broken) {
        if (parts.isEmpty() || parts.size() > MOST_PARTS) {
            broken.add(new Violation(CONTENT, "must have 1 to %d parts".formatted(MOST_PARTS)));
            return;
        }
        StringBuilder text = new StringBuilder();
        boolean shows = false;
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
                    shows = true;
                    checkImage(field, part, broken);
                }
                case "file" -> {
                    shows = true;
                    checkFile(field, part, broken);
                }
                default -> {
                    shows = true; // whatever it is to be
                    broken.add(new Violation(field + ".type", "must be text, image or file"));
                }
            }
        }
        if (!shows || !text.isEmpty()) {
            TextBound.MESSAGE.check(CONTENT, text.toString(), limits, broken);
        }
    }

    private static void checkImage(String field, JsonNode part, List<Violation> broken) {
        boolean data = part.has(DATA) || part.has(MEDIA_TYPE);
        JsonValues.requireKnown(field, part, data ? IMAGE_DATA : IMAGE);
        if (!data) {
            checkUrl(field + ".url", part.path("url"), broken);
            return;
        }
        String type = string(field + "." + MEDIA_TYPE, part.path(MEDIA_TYPE), broken);
        if (type != null && ImageType.of(type).isEmpty()) {
            broken.add(
                    new Violation(
                            field + "." + MEDIA_TYPE,
                            "must be image/png, image/jpeg, image/gif or image/webp"));
        }
        checkData(field, part, broken);
    }

    private static void checkFile(String field, JsonNode part, List<Violation> broken) {
        JsonValues.requireKnown(field, part, FILE);
        String type = string(field + "." + MEDIA_TYPE, part.path(MEDIA_TYPE), broken);
        if (type != null && !Attached.isMediaType(type)) {
            broken.add(new Violation(field + "." + MEDIA_TYPE, "must be a media type"));
        }
        String name = string(field + ".name", part.path("name"), broken);
        if (name != null && !Attached.isName(name)) {
            broken.add(
                    new Violation(
                            field + ".name",
                            "must have 1 to %d characters, none of them for control, and not only white space"
                                    .formatted(Attached.LONGEST_NAME)));
        }
        checkData(field, part, broken);
    }

    /** What it stands for is found out when it is read, because that takes time. */
    private static void checkData(String field, JsonNode part, List<Violation> broken) {
        String _ = string(field + "." + DATA, part.path(DATA), broken);
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
            broken.add(new Violation(field, "must be a string"));
            return null;
        }
        if (!WellFormed.holds(node.textValue())) {
            broken.add(
                    new Violation(field, "must not have a NUL character or an unpaired surrogate"));
            return null;
        }
        return node.textValue();
    }
}
