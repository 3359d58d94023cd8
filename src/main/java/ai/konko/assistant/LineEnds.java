package ai.konko.assistant;

import java.nio.ByteBuffer;

/**
 * Finds the lines of a body that comes in parts. A line ends with a line feed, a return, or both,
 * which may come in two parts.
 */
final class LineEnds {
    private boolean afterReturn;

    /**
     * @return where the line begins: at this place, or after the second half of the last one's end
     */
    int begin(ByteBuffer bytes, int at) {
        if (at == bytes.limit()) {
            return at;
        }
        boolean half = afterReturn && bytes.get(at) == '\n';
        afterReturn = false;
        return half ? at + 1 : at;
    }

    /**
     * @return where the line ends; the limit if it does not end here
     */
    int end(ByteBuffer bytes, int from) {
        int at = from;
        while (at < bytes.limit() && bytes.get(at) != '\n' && bytes.get(at) != '\r') {
            at++;
        }
        afterReturn |= at < bytes.limit() && bytes.get(at) == '\r';
        return at;
    }
}
