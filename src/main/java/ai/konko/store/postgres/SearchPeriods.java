package ai.konko.store.postgres;

import java.util.UUID;

/**
 * An owner's chats are searched period by period, the newest first. The period of a chat is what
 * its id has in its first bits: ids begin with the time, so it is one of some three days. {@code
 * V16__search_by_owner.sql} has the same rule.
 *
 * @param last the newest period that is still to be searched
 * @param first the oldest one that has chats
 * @param searched how many periods have been searched
 * @param found how many chats were found there
 */
record SearchPeriods(int last, int first, int searched, int found) {
    private static final int BITS = 20;

    /** A mark for each of more would cost more than it saves: those of four years. */
    private static final int MOST = 512;

    /**
     * Each step reads the lists of turns that have the trigrams anew, so there are few steps: after
     * some periods without a find, so many times as many come next.
     */
    private static final int GROWTH = 30;

    /** The period of a chat. */
    static int of(UUID chatId) {
        return (int) (chatId.getMostSignificantBits() >>> (Long.SIZE - BITS));
    }

    boolean areOver() {
        return last < first;
    }

    /**
     * How many come next: as many as should have what is missing, by what was found so far, and
     * half as many more; thirty times as many as before, if nothing was found, and at most.
     *
     * @param missing how many chats are still to be found
     */
    int next(int missing) {
        long grown = Math.max(1, (long) GROWTH * searched);
        return (int)
                Math.min(grown, found == 0 ? grown : 1 + searched * 3L * missing / (2L * found));
    }

    /** The oldest of the next ones; the oldest of all if they are nearly all, or too many. */
    int firstOf(int next) {
        return next > MOST || last - next < first ? first : last - next + 1;
    }

    /**
     * Whether those down to {@code from} cost less if they are not told one by one: all of the
     * owner's turns are found then, of which those that were searched already are a minor part.
     */
    boolean areMany(int from) {
        return last - from >= MOST || (from == first && last - from >= searched);
    }

    /** The first id of a period. */
    static UUID firstId(int period) {
        return new UUID((long) period << (Long.SIZE - BITS), 0);
    }

    /** After those down to {@code from} were searched too. */
    SearchPeriods before(int from, int alsoFound) {
        return new SearchPeriods(from - 1, first, searched + last - from + 1, found + alsoFound);
    }
}
