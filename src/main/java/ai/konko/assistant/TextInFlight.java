package ai.konko.assistant;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.FairBound;
import ai.konko.chat.Owner;
import jakarta.enterprise.context.ApplicationScoped;

/** How much text the replies under way hold together, against a limit. */
@ApplicationScoped
public class TextInFlight {
    /** A character takes one byte or two, in builders that double, in the log and for listeners. */
    private static final int HEAP_BYTES_PER_CHARACTER = 16;

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
                                                        / HEAP_BYTES_PER_CHARACTER));
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
