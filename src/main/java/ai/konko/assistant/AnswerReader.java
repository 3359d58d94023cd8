package ai.konko.assistant;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;

/** Takes in the body of a successful answer, part by part, on one event loop. */
interface AnswerReader {

    /** What a part of the body contained. */
    enum Progress {
        /** Nothing written by the model. */
        NONE,
        /** A token, perhaps one that is not text of the reply. */
        TOKEN,
        /** The model has finished; only optional parts may follow. */
        ENDING,
        /** The answer is whole; anything that follows is ignored. */
        WHOLE
    }

    /** The way to stop what comes for a while. */
    interface Flow {
        /** On the answer's event loop. */
        void pause();

        /** On any thread. */
        void resume();
    }

    /** The answer begins. */
    default void begin(HttpClientResponse response, Flow flow) {}

    /** Whether it matters why the provider finds a request wrong. */
    default boolean explains() {
        return false;
    }

    /**
     * @throws ModelException if the answer is unusable
     */
    Progress read(Buffer part);

    /**
     * @return how many bytes of the answer are kept to be read later
     */
    int held();

    /**
     * The body has ended.
     *
     * @throws ModelException if that was too early
     */
    void end();

    /**
     * @return whether the answer is whole even if it does not come to a proper end
     */
    default boolean finished() {
        return false;
    }

    /** Releases what is held for reading, because nothing more is read. */
    default void close() {}
}
