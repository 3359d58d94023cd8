package ai.konko.chat;

/**
 * Takes a reply as the model writes it: pieces of text, and between them items, one after the
 * other. What is added once the reply is over, gone, or started anew, is dropped.
 */
public interface Draft {
    /** Drops everything. */
    Draft NOWHERE =
            new Draft() {
                @Override
                public void text(String piece) {}

                @Override
                public void begin(Item item) {}

                @Override
                public void reasoning(String piece) {}

                @Override
                public void whole(Item item) {}
            };

    /** Adds to the text. No item is under way. */
    void text(String piece);

    /**
     * An item begins where the text ends; nothing but {@link #reasoning} comes before it is {@link
     * #whole}.
     *
     * @param item what is known of it: reasoning without its text, a call perhaps without arguments
     */
    void begin(Item item);

    /** Adds to the text of the reasoning that has begun. */
    void reasoning(String piece);

    /** The item that has begun is whole. */
    void whole(Item item);
}
