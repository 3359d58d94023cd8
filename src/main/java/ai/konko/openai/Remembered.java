package ai.konko.openai;

import ai.konko.chat.Attachment;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Sized;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the log does not have. The WebSocket that asked for it remembers it, so that its client can
 * go on from it.
 */
sealed interface Remembered extends Sized permits RememberedResponse, WarmUp {

    /**
     * @return the id of the response that its client was given
     */
    String id();

    /** How much these hold. A byte of an image or a file counts as much as a character. */
    static long characters(@Nullable String instructions, List<PastTurn> turns) {
        long sum = instructions == null ? 0 : instructions.length();
        for (PastTurn each : turns) {
            sum += each.characters();
            for (Attachment attached : each.attachments()) {
                sum += attached.bytes().length;
            }
        }
        return sum;
    }
}
