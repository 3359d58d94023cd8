package ai.konko.openai;

import ai.konko.chat.RefusedException;
import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A summary in place of items. Its client sends it back as it is. The summary is encoded, not
 * encrypted: it tells its client nothing that it does not know.
 */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record CompactionItem(String type, String id, String encryptedContent) {
    static final String TYPE = "compaction";

    /** So that what others have made is told apart. */
    private static final String FORM = "konko1.";

    static CompactionItem of(String id, String summary) {
        byte[] text = summary.getBytes(StandardCharsets.UTF_8);
        return new CompactionItem(
                TYPE, id, FORM + Base64.getUrlEncoder().withoutPadding().encodeToString(text));
    }

    /**
     * @param path where in the request it is
     * @return what the model is told in place of what was summarized
     */
    static String told(String path, JsonNode given) {
        String field = path + ".encrypted_content";
        String content = RequestParameters.wellFormed(field, given.path("encrypted_content"));
        try {
            if (content.startsWith(FORM)) {
                byte[] text = Base64.getUrlDecoder().decode(content.substring(FORM.length()));
                return """
                Summary of the conversation before this. Numbers in square brackets are those of its messages.

                %s"""
                        .formatted(WellFormed.repaired(new String(text, StandardCharsets.UTF_8)));
            }
        } catch (IllegalArgumentException _) {
            // It was changed.
        }
        throw RefusedException.unsupported(field, "is supported only as this service has given it");
    }

    @Override
    public String toString() {
        return "CompactionItem[id=" + id + "]";
    }
}
