package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * Brings what a model has written of a call into a form that providers take back. A chat that has
 * such a call once would be refused with each later turn.
 */
final class CallForm {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int LONGEST_NAME = 64;
    private static final Pattern NO_NAME = Pattern.compile("[^a-zA-Z0-9_-]");

    private static final int LONGEST_ID = 40;

    /** How much of a longer id is sent, before a hash of all of it. */
    private static final int ID_START = 20;

    /** How many bytes of the hash take the rest. */
    private static final int HASH_BYTES = 14;

    private CallForm() {}

    /**
     * A form of an id that OpenAI takes, which has at most 40 characters. It is always the same for
     * an id, so that a call and its output still fit together.
     */
    static String id(String written) {
        if (written.length() <= LONGEST_ID) {
            return written;
        }
        String start = NO_NAME.matcher(written.substring(0, ID_START)).replaceAll("_");
        byte[] hash = Arrays.copyOf(sha256(written), HASH_BYTES);
        return start + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    /** OpenAI takes names of letters, digits, underscores and hyphens. */
    static String name(String written) {
        String name = NO_NAME.matcher(written).replaceAll("_");
        return name.isEmpty() ? "_" : name.substring(0, Math.min(name.length(), LONGEST_NAME));
    }

    /** Anthropic and Gemini, for example, take arguments only if they are a JSON object. */
    static String arguments(String written) {
        if (written.isBlank()) {
            return "{}";
        }
        return isObject(written)
                ? written
                : "{\"arguments\":\""
                        + new String(JsonStringEncoder.getInstance().quoteAsString(written))
                        + "\"}";
    }

    private static boolean isObject(String text) {
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            json.skipChildren();
            return json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null;
        } catch (IOException _) {
            return false;
        }
    }
}
