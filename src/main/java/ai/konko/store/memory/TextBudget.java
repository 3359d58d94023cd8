package ai.konko.store.memory;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much text all chats hold together, against a limit, in units of which each takes at most two
 * bytes of heap. Lock-free.
 */
final class TextBudget {
    private static final char LAST_OF_TWO_BYTES = '\u07FF';

    private final long limit;
    private final AtomicLong held = new AtomicLong();

    TextBudget(long limit) {
        this.limit = limit;
    }

    /**
     * @return the text's UTF-16 units; each that takes three bytes in UTF-8 counts one and a half
     */
    static int weight(String text) {
        int wide = 0;
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            wide += unit > LAST_OF_TWO_BYTES && !Character.isSurrogate(unit) ? 1 : 0;
        }
        return text.length() + (wide + 1) / 2;
    }

    /**
     * @throws RefusedException {@link ErrorCode#CAPACITY}, with nothing taken, if there is not that
     *     much left
     */
    void take(int characters) {
        long before = held.getAndUpdate(now -> now + characters > limit ? now : now + characters);
        if (before + characters > limit) {
            throw RefusedException.of(
                    ErrorCode.CAPACITY, "The service holds as much text as it may.");
        }
    }

    /** Takes even beyond the limit: for text that must not be lost any more. */
    void takeAnyway(int characters) {
        held.addAndGet(characters);
    }

    void giveBack(long characters) {
        held.addAndGet(-characters);
    }

    long held() {
        return held.get();
    }
}
