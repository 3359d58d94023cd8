package ai.konko.chat;

import java.util.function.Consumer;

/**
 * Takes a reply as the model writes it: pieces of text, and between them items, one after the
 * other. What is added once the reply is over, gone, or started anew, is dropped.
 */
public interface Draft {
    /** Drops everything. */
    Draft NOWHERE = through(_ -> {});

    /**
     * A draft whose additions are made by somebody: under a lock, in two places, or not at all.
     *
     * @param way is given what adds to whichever draft it is given
     */
    static Draft through(Consumer<Consumer<Draft>> way) {
        return new Draft() {
            @Override
            public void text(String piece) {
                way.accept(to -> to.text(piece));
            }

            @Override
            public void begin(Item item) {
                way.accept(to -> to.begin(item));
            }

            @Override
            public void reasoning(String piece) {
                way.accept(to -> to.reasoning(piece));
            }

            @Override
            public void whole(Item item) {
                way.accept(to -> to.whole(item));
            }
        };
    }

    /** Adds to the text. No item is under way. */
    void text(String piece);

    /**
     * An item begins where the text ends. Until it is whole, only reasoning may be added.
     *
     * @param item what is known of it: reasoning without its text, a call perhaps without arguments
     */
    void begin(Item item);

    /** Adds to the text of the reasoning that has begun. */
    void reasoning(String piece);

    /** The item that has begun is whole. */
    void whole(Item item);
}
