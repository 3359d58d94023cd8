package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import java.util.OptionalInt;

/**
 * How long an answer of the provider may be. A longer one is unusable. The bound of a reply is
 * {@link TextAllowance}'s; a reply that reaches it is cut.
 *
 * @param bytes of an answer that is no stream, or of one event of a stream
 * @param characters of the text of a stream, in UTF-16 units
 */
record AnswerBounds(int bytes, int characters) {
    /**
     * How many bytes a UTF-16 unit takes in JSON if it is escaped. As UTF-8 it takes at most three.
     */
    private static final int MOST_BYTES = 6;

    /** Room for all in an answer that is not the reply's text. */
    private static final int REST = 8 * 1024 * 1024;

    /** Long enough for the longest reply, unless another bound is set. */
    static AnswerBounds of(ModelConfig.Model model, ChatLimits limits) {
        OptionalInt set = model.maxAnswerBytes();
        if (set.isPresent()) {
            return new AnswerBounds(set.getAsInt(), set.getAsInt());
        }
        long bytes = (long) limits.replyCharacters() * MOST_BYTES + REST;
        return new AnswerBounds((int) Math.min(bytes, Integer.MAX_VALUE), Integer.MAX_VALUE);
    }
}
