package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.FairBound;
import ai.konko.chat.Owner;
import jakarta.inject.Singleton;

/** Bounds how much text the replies under way have together. */
@Singleton
public class TextInFlight {
    /**
     * All replies under way may have a character for each sixteen bytes of the heap. A character
     * takes one byte or two in each place that has it: the log's draft, the text that listeners
     * read, and the message that is made of it at the end. The first two may be twice as large as
     * what is in them, because they double when they are full.
     */
    private static final int SHARE_OF_THE_HEAP = 16;

    private final int mostPerReply;
    private final FairBound all;

    public TextInFlight(ChatLimits limits) {
        this.mostPerReply = limits.replyCharacters();
        this.all =
                new FairBound(
                        limits.charactersInFlight()
                                .orElseGet(
                                        () ->
                                                Runtime.getRuntime().maxMemory()
                                                        / SHARE_OF_THE_HEAP));
    }

    /**
     * @param owner whose reply it is
     * @return to be closed when the reply is over
     */
    public TextAllowance open(Owner owner) {
        return new TextAllowance(all, owner, mostPerReply);
    }

    /**
     * @return how many UTF-16 units there are at the moment, in portions
     */
    public long held() {
        return all.held();
    }
}
