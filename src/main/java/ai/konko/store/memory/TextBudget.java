package ai.konko.store.memory;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import java.util.concurrent.atomic.AtomicLong;

/** How many UTF-16 units of text all chats hold together, against a limit. Lock-free. */
final class TextBudget {
    private final long limit;
    private final AtomicLong held = new AtomicLong();

    TextBudget(long limit) {
        this.limit = limit;
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
