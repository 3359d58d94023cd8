package ai.konko.store.memory;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import java.util.concurrent.atomic.AtomicLong;

/** How much of something all chats may hold together. Lock-free. */
final class Budget {
    private final long limit;
    private final String refusal;
    private final AtomicLong held = new AtomicLong();

    /**
     * @param refusal tells a client that there is no more room
     */
    Budget(long limit, String refusal) {
        this.limit = limit;
        this.refusal = refusal;
    }

    /**
     * @throws RefusedException {@link ErrorCode#CAPACITY} if less is left; then nothing is taken
     */
    void take(long amount) {
        long before = held.getAndUpdate(now -> now + amount > limit ? now : now + amount);
        if (before + amount > limit) {
            throw RefusedException.of(ErrorCode.CAPACITY, refusal);
        }
    }

    /** Takes even beyond the limit, because this must not be lost any more. */
    void takeAnyway(long amount) {
        held.addAndGet(amount);
    }

    void giveBack(long amount) {
        held.addAndGet(-amount);
    }

    long held() {
        return held.get();
    }
}
