package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * Brings what a model has written of a call into a form that providers take back. A chat that has
 * such a call once would be refused with each later turn.
 */
final class CallForm {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int LONGEST_NAME = 64;
    private static final Pattern NO_NAME = Pattern.compile("[^a-zA-Z0-9_-]");

    private CallForm() {}

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
