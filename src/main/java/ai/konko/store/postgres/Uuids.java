package ai.konko.store.postgres;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The order of ids within a chat. */
final class Uuids {

    /** Sorts before all others. */
    static final UUID FIRST = new UUID(0, 0);

    private Uuids() {}

    /**
     * @return what sorts before the ids that are made from that millisecond on
     */
    static UUID firstAt(Instant moment) {
        return new UUID(moment.toEpochMilli() << 16, 0);
    }

    /**
     * @return {@code candidate}, or if that does not sort after {@code last}, because another
     *     replica's clock is ahead, the id next to {@code last}
     */
    static UUID after(@Nullable UUID last, UUID candidate) {
        if (last == null || candidate.compareTo(last) > 0) {
            return candidate;
        }
        long low = last.getLeastSignificantBits() + 1;
        // The random part of version 7 (RFC 9562, section 5.7) has two bits of variant before it.
        boolean carried = low << 2 == 0;
        return carried
                ? new UUID(last.getMostSignificantBits() + 1, 0x8000_0000_0000_0000L)
                : new UUID(last.getMostSignificantBits(), low);
    }
}
