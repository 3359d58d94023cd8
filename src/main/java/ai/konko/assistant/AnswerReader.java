package ai.konko.assistant;

import io.vertx.core.buffer.Buffer;

/** Takes in the body of a successful answer, part by part, on one event loop. */
interface AnswerReader {

    /** What a part has brought. */
    enum Progress {
        /** Nothing that the model has written. */
        NONE,
        /** A token, also one that is not text of the reply. */
        TOKEN,
        /** The model has come to its end; only what is optional may follow. */
        ENDING,
        /** The answer is whole; what may follow does not matter. */
        WHOLE
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

    /** Nothing more is read; what is held for that is let go of. */
    default void close() {}
}
