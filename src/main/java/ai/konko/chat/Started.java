package ai.konko.chat;

/**
 * A turn whose reply is now in progress.
 *
 * @param settings those of its chat at that moment
 * @param streamed whether the model is to give the reply piece by piece
 */
public record Started(Turn turn, Settings settings, boolean streamed) {}
