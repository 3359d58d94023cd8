package ai.konko.store.memory;

import java.util.Arrays;

/**
 * Where turns have cut a chat's window, see {@link ai.konko.chat.ChatRepository#recall}. Few turns
 * cut it, so there is nothing here for the others. Not safe for use by several threads.
 */
final class Cuts {
    private static final long[] NONE = {};

    /** Each the seq of a reply, and in the lower half where the window begins since; sorted. */
    private long[] all = NONE;

    /** The turn of a reply has cut the window to begin there, or, if that is 0, has not cut it. */
    void set(int replySeq, int from) {
        int at = at(replySeq);
        boolean known = at < all.length && all[at] >>> Integer.SIZE == replySeq;
        if (!known && from == 0) {
            return;
        }
        int after = known ? at + 1 : at;
        long[] changed = new long[all.length - (known ? 1 : 0) + (from == 0 ? 0 : 1)];
        System.arraycopy(all, 0, changed, 0, at);
        if (from != 0) {
            changed[at] = key(replySeq) | from;
        }
        System.arraycopy(
                all, after, changed, changed.length - (all.length - after), all.length - after);
        all = changed;
    }

    /**
     * @return where the turn of this reply has cut the window to begin; 0 if it has not cut it
     */
    int of(int replySeq) {
        int at = at(replySeq);
        return at < all.length && all[at] >>> Integer.SIZE == replySeq ? (int) all[at] : 0;
    }

    void forget() {
        all = NONE;
    }

    /** The first place that is not before this reply. */
    private int at(int replySeq) {
        int at = Arrays.binarySearch(all, key(replySeq));
        return at < 0 ? -at - 1 : at;
    }

    private static long key(int replySeq) {
        return (long) replySeq << Integer.SIZE;
    }
}
