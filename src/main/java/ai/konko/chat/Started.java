package ai.konko.chat;

/** A turn whose reply is now in progress, with the settings of its chat at that moment. */
public record Started(Turn turn, Settings settings) {}
