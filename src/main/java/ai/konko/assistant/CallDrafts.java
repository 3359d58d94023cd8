package ai.konko.assistant;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the call that a piece belongs to, by the provider's index or id of it, if it gives one that
 * tells calls apart.
 */
final class CallDrafts {
    /** By index, and by id. Later calls take earlier ones' place. */
    private Map<Object, CallDraft> known = Map.of();

    private @Nullable CallDraft last;

    private int size;

    boolean isEmpty() {
        return last == null;
    }

    /** How many UTF-16 units the calls hold that have not ended, roughly. */
    int size() {
        return size;
    }

    /**
     * Without an index, a piece with a name is of the last call only if that still waits for its
     * arguments, and is not beside it in the same list.
     *
     * @param before the call that the piece before it in the same list belongs to
     * @return null if it is the first of its call
     */
    @Nullable CallDraft find(CallPiece piece, @Nullable CallDraft before) {
        CallDraft of = null;
        if (!piece.whole()) {
            if (piece.index() >= 0) {
                of = known.get(piece.index());
            } else if (piece.id() != null) {
                of = known.get(piece.id());
            } else if (piece.name() == null || last != before) {
                of = last;
            }
        }
        return of == null || of.isOther(piece) ? null : of;
    }

    /** Begins a call with its first piece, which is not added yet. */
    CallDraft open(CallPiece piece) {
        CallDraft opened = new CallDraft();
        if (last == null) {
            known = new HashMap<>();
        }
        if (piece.index() >= 0) {
            known.put(piece.index(), opened);
        }
        if (piece.id() != null) {
            known.put(piece.id(), opened);
        }
        last = opened;
        size += opened.size();
        return opened;
    }

    /** Adds a piece to the call that it belongs to. */
    void add(CallPiece piece, CallDraft of) {
        int before = of.size();
        of.add(piece);
        size += of.size() - before;
    }

    /** The call is whole, and counts no more. */
    void end(CallDraft over) {
        size -= over.size();
    }
}
