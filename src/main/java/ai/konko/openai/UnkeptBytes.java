package ai.konko.openai;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.FairBound;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * Bounds how many bytes of images and files there are that came with requests for responses that
 * are not kept. No store has them, so they are in memory until the reply is over.
 */
@Singleton
class UnkeptBytes {
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int SHARE_OF_THE_HEAP = 16;

    private final FairBound bytes =
            new FairBound(Runtime.getRuntime().maxMemory() / SHARE_OF_THE_HEAP);

    /**
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if the owner has as many as it may
     */
    void take(Owner owner, long more) {
        if (more > 0 && !bytes.take(owner, more)) {
            throw RefusedException.forNow(
                    ErrorCode.OVERLOADED,
                    "The caller has as many images and files in responses under way as it may.",
                    RETRY);
        }
    }

    void giveBack(Owner owner, long less) {
        if (less > 0) {
            bytes.giveBack(owner, less);
        }
    }

    /**
     * @return how many there are at the moment; a test checks that none are left
     */
    long held() {
        return bytes.held();
    }
}
