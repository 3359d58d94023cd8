package ai.konko.assistant;

import ai.konko.chat.Outcome;

/** How a reply ended, whatever text it had by then. */
@FunctionalInterface
public interface Ending {

    /**
     * @param text all of the reply's text
     */
    Outcome of(String text);
}
