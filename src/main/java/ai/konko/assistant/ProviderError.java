package ai.konko.assistant;

import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why the provider finds a request wrong, in its own words. They are for the client that has
 * written the request, and for nobody else.
 *
 * @param message at most 1000 UTF-16 units
 * @param param the parameter at fault
 * @param code the provider's name for the error
 */
public record ProviderError(String message, @Nullable String param, @Nullable String code) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_MESSAGE = 1000;
    private static final int LONGEST_NAME = 200;
    private static final int NOT_FOUND = 404;

    /** The statuses that say that the request is wrong. */
    private static final Set<Integer> OF_REQUESTS = Set.of(400, NOT_FOUND, 413, 415, 422);

    /** Some providers have these statuses for a bad key too, which is not the client's. */
    private static final Pattern OF_KEYS = Pattern.compile("(?i)api.?key");

    /** A shorter piece of a longer secret tells nothing of it. */
    private static final int PIECE = 8;

    /** A shorter secret is none, and is part of many words. */
    private static final int SHORTEST_SECRET = 3;

    static boolean isOfRequest(int status) {
        return OF_REQUESTS.contains(status);
    }

    /**
     * @param body the beginning of an answer with such a status
     * @return null if the status may also mean that the provider is not there
     */
    static @Nullable ProviderError of(int status, byte[] body) {
        JsonNode error = error(body);
        String message = text(error.isTextual() ? error : error.path("message"), LONGEST_MESSAGE);
        if (message != null) {
            return new ProviderError(
                    message,
                    text(error.path("param"), LONGEST_NAME),
                    text(error.path("code"), LONGEST_NAME));
        }
        return status == NOT_FOUND
                ? null
                : new ProviderError(
                        "The model's provider answered with status " + status + ".", null, null);
    }

    /** OpenAI's form; that of Gemini is in a list, and vLLM's has no object around it. */
    private static JsonNode error(byte[] body) {
        try {
            JsonNode answer = JSON.readTree(body);
            JsonNode first = answer.isArray() ? answer.path(0) : answer;
            return first.has("error") ? first.path("error") : first;
        } catch (IOException _) {
            return JSON.missingNode();
        }
    }

    private static @Nullable String text(JsonNode node, int longest) {
        if (!node.isTextual() || node.textValue().isBlank()) {
            return null;
        }
        String text = node.textValue();
        return WellFormed.repaired(text.substring(0, Math.min(longest, text.length())));
    }

    /** Whether it is about the key with which the provider is asked, or has a piece of a secret. */
    boolean tellsOf(Collection<String> secrets) {
        String all = message + "\n" + param + "\n" + code;
        return OF_KEYS.matcher(all).find()
                || secrets.stream().anyMatch(secret -> hasPiece(all, secret));
    }

    private static boolean hasPiece(String all, String secret) {
        int size = Math.min(PIECE, secret.length());
        for (int i = 0; size >= SHORTEST_SECRET && i + size <= secret.length(); i++) {
            if (all.contains(secret.substring(i, i + size))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return "ProviderError[]";
    }
}
