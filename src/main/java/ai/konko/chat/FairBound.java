package ai.konko.chat;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much all owners hold together of something, against a limit. Lock-free.
 *
 * <p>Where the limit is reached, an owner who has no more than an equal share of it, or nothing,
 * still gets more, so that nobody is short because of another. At twice the limit nobody does:
 * since shares shrink with each owner who comes, many could have a multiple of it otherwise.
 */
public final class FairBound {
    private final long most;
    private final AtomicLong held = new AtomicLong();
    private final Map<Owner, Long> byOwner = new ConcurrentHashMap<>();

    public FairBound(long most) {
        this.most = most;
    }

    /**
     * @return whether the owner has so much more now
     */
    public boolean take(Owner owner, long amount) {
        long all = held.addAndGet(amount);
        long own = byOwner.merge(owner, amount, Long::sum);
        boolean crowded = all > most && own > amount && own > most / Math.max(1, byOwner.size());
        if (crowded || all - amount - most >= most) {
            giveBack(owner, amount);
            return false;
        }
        return true;
    }

    /** Takes even beyond the limit: for what is there already. */
    public void takeAnyway(Owner owner, long amount) {
        held.addAndGet(amount);
        long _ = byOwner.merge(owner, amount, Long::sum);
    }

    public void giveBack(Owner owner, long amount) {
        held.addAndGet(-amount);
        byOwner.computeIfPresent(owner, (_, own) -> own == amount ? null : own - amount);
    }

    /**
     * @return how much is held at the moment
     */
    public long held() {
        return held.get();
    }
}
