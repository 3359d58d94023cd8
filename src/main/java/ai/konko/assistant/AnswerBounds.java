package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import java.util.OptionalInt;

/**
 * How long an answer of the provider may be; a longer one is unusable. A reply's own bound is
 * {@link TextAllowance}'s, and a reply that meets it is cut.
 *
 * @param bytes of an answer that is no stream, or of one event of a stream
 * @param characters of the text of a stream, in UTF-16 units
 */
record AnswerBounds(int bytes, int characters) {
    /** Which a UTF-16 unit takes in JSON if it is escaped; as UTF-8 it takes three at the most. */
    private static final int MOST_BYTES = 6;

    /** For all in an answer that is not the reply's text. */
    private static final int REST = 8 * 1024 * 1024;

    /** So that the longest reply can be read, unless somebody has set another bound. */
    static AnswerBounds of(ModelConfig.Model model, ChatLimits limits) {
        OptionalInt set = model.maxAnswerBytes();
        if (set.isPresent()) {
            return new AnswerBounds(set.getAsInt(), set.getAsInt());
        }
        long bytes = (long) limits.replyCharacters() * MOST_BYTES + REST;
        return new AnswerBounds((int) Math.min(bytes, Integer.MAX_VALUE), Integer.MAX_VALUE);
    }
}
