package ai.konko.assistant;

import ai.konko.chat.Outcome;
import ai.konko.chat.Written;

/** How a reply ended, whatever there was of it by then. */
@FunctionalInterface
public interface Ending {

    /**
     * @param what all that was written of the reply
     */
    Outcome of(Written what);
}
