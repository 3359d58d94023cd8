package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Owner;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How much text the replies under way hold together, against a limit. Lock-free.
 *
 * <p>Where the limit is reached, an owner who has no more than an equal share of it still gets
 * more, so that one owner's long replies do not cut another's short. All together have at most
 * twice the limit, therefore.
 */
@ApplicationScoped
public class TextInFlight {
    /** A character takes one byte or two, in builders that double, in the log and for listeners. */
    private static final int HEAP_BYTES_PER_CHARACTER = 16;

    private final int mostPerReply;
    private final long most;
    private final AtomicLong held = new AtomicLong();
    private final Map<Owner, Long> byOwner = new ConcurrentHashMap<>();

    TextInFlight(ChatLimits limits) {
        this.mostPerReply = limits.replyCharacters();
        this.most =
                limits.charactersInFlight()
                        .orElseGet(
                                () -> Runtime.getRuntime().maxMemory() / HEAP_BYTES_PER_CHARACTER);
    }

    /**
     * @param owner whose reply it is; where that is not known, everybody's
     * @return to be closed when the reply is over
     */
    public TextAllowance open(@Nullable Owner owner) {
        return new TextAllowance(this, owner == null ? Owner.ANONYMOUS : owner, mostPerReply);
    }

    /**
     * @return whether the owner has so many more now
     */
    boolean take(Owner owner, int characters) {
        long all = held.addAndGet(characters);
        long own = byOwner.merge(owner, (long) characters, Long::sum);
        if (all > most && own > most / byOwner.size()) {
            giveBack(owner, characters);
            return false;
        }
        return true;
    }

    void giveBack(Owner owner, int characters) {
        held.addAndGet(-characters);
        byOwner.computeIfPresent(owner, (_, own) -> own == characters ? null : own - characters);
    }

    /**
     * @return how many UTF-16 units there are at the moment, in portions
     */
    public long held() {
        return held.get();
    }
}
