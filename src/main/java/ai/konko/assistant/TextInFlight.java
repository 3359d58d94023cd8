package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.FairBound;
import ai.konko.chat.Owner;
import jakarta.inject.Singleton;

/**
 * Bounds how much text the replies under way have together, and how much is attached to requests
 * that are being sent. Each has a bound of its own, so that no request ends a reply that is written
 * already.
 */
@Singleton
public class TextInFlight {
    /**
     * All replies under way may have a character for each sixteen bytes of the heap. A character
     * takes one byte or two in each place that has it: the log's draft, the text that listeners
     * read, and the message that is made of it at the end. The first two may be twice as large as
     * what is in them, because they double when they are full.
     */
    private static final int SHARE_OF_THE_HEAP = 16;

    /** Owners who share it may have twice of it in all. */
    private static final int ATTACHED_SHARE_OF_THE_HEAP = 8;

    private final int mostPerReply;
    private final FairBound all;
    private final FairBound attached;

    public TextInFlight(ChatLimits limits) {
        this.mostPerReply = limits.replyCharacters();
        this.all =
                new FairBound(
                        limits.charactersInFlight()
                                .orElseGet(
                                        () ->
                                                Runtime.getRuntime().maxMemory()
                                                        / SHARE_OF_THE_HEAP));
        this.attached =
                new FairBound(
                        limits.bytesInFlight()
                                .orElseGet(
                                        () ->
                                                Runtime.getRuntime().maxMemory()
                                                        / ATTACHED_SHARE_OF_THE_HEAP));
    }

    /**
     * @param owner whose reply it is
     * @return to be closed when the reply is over
     */
    public TextAllowance open(Owner owner) {
        return new TextAllowance(all, attached, owner, mostPerReply);
    }

    /**
     * @return how many UTF-16 units there are at the moment, in portions
     */
    public long held() {
        return all.held();
    }

    /**
     * @return how many bytes requests have attached at the moment; a test checks that none are left
     */
    public long attached() {
        return attached.held();
    }
}
