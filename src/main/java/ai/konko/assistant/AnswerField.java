package ai.konko.assistant;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The fields of a provider's answer that {@link JsonGlance} knows. */
enum AnswerField {
    NONE(""),
    CHOICES("choices"),
    DELTA("delta"),
    MESSAGE("message"),
    GROQ("x_groq"),
    CONTENT("content"),
    TEXT("text"),
    CALLS("tool_calls"),
    REASON("finish_reason"),
    USAGE("usage"),
    ERROR("error");

    private static final AnswerField[] ALL = values();
    private final byte[] bytes;

    AnswerField(String name) {
        bytes = name.getBytes(StandardCharsets.US_ASCII);
    }

    static AnswerField of(byte[] name, int length) {
        for (AnswerField each : ALL) {
            if (each.bytes.length == length
                    && Arrays.equals(each.bytes, 0, length, name, 0, length)) {
                return each;
            }
        }
        return NONE;
    }
}
