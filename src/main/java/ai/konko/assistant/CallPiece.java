package ai.konko.assistant;

import org.jspecify.annotations.Nullable;

/**
 * A piece of a call of a tool, as the provider gives it. Each part may be missing.
 *
 * @param index which call of the answer it belongs to; -1 if the provider does not say
 * @param id the provider's id of the call
 * @param name of the tool
 * @param arguments what this piece adds to them
 * @param whole whether it is of a message and not of a delta, so that nothing can be added
 */
record CallPiece(
        int index, @Nullable String id, @Nullable String name, String arguments, boolean whole) {

    @Override
    public String toString() {
        return "CallPiece[index=" + index + "]";
    }
}
