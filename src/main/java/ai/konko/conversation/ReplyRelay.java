package ai.konko.conversation;

import ai.konko.chat.Message;
import ai.konko.chat.Writer;

/** The way to what other processes write. */
public interface ReplyRelay {

    /**
     * Asks for what a reply consists of, from its beginning, as it is written. Does not wait.
     *
     * @param reply the attempt of it that the writer runs
     * @param to is given what comes, by one thread at a time, and told when nothing more does
     */
    Call open(Writer writer, Message reply, Relayed to);

    /** What was asked for. */
    interface Call {

        /** Nothing more is needed. */
        void stop();

        /** Nothing comes any more, and whatever goes the same way may not come either. */
        void giveUp();
    }
}
