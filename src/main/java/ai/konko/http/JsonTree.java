package ai.konko.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A JSON object whose fields are bound later, when it is known which are allowed.
 *
 * @param digest of the body's bytes: the same for the same request
 */
public record JsonTree(JsonNode tree, String digest) implements JsonBody {

    /**
     * @throws ai.konko.chat.RefusedException if the bytes are not the text of one JSON object
     */
    static JsonTree of(byte[] body) {
        try {
            return new JsonTree(
                    StrictJson.object(body),
                    HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    /**
     * @throws ai.konko.chat.RefusedException if a field is not known, or of the wrong type
     */
    public <T> T as(Class<T> type) {
        return StrictJson.bind(tree, type);
    }

    @Override
    public String toString() {
        return "JsonTree[]";
    }
}
