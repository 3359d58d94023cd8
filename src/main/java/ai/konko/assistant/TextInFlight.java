package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.FairBound;
import ai.konko.chat.Owner;
import jakarta.enterprise.context.ApplicationScoped;

/** How much text the replies under way hold together, against a limit. */
@ApplicationScoped
public class TextInFlight {
    /**
     * Of the heap in bytes, as many characters as a sixteenth. A character takes one byte or two,
     * but is in several places at once: in the log, in the text that listeners read, and in what is
     * being made of both when the reply ends. Each of these may be half empty, since it doubles
     * when it is full.
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
