package ai.konko.chat;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A chat as it was when it was read.
 *
 * @param busy whether a turn of it is not over
 * @param waiting whether the last reply has calls that wait for their outputs; such a chat is not
 *     busy
 * @param messageCount all messages, those of unfinished turns too
 * @param usage the sum over its replies; absent until one has reported some
 * @param completion the seq of the reply that is a chat completion of OpenAI's API, if the chat was
 *     made for one
 * @param updatedAt when its settings changed, or a turn was accepted or ended, or something was
 *     erased
 */
public record Chat(
        UUID id,
        Settings settings,
        boolean busy,
        boolean waiting,
        int messageCount,
        @Nullable Usage usage,
        @Nullable Integer completion,
        Instant createdAt,
        Instant updatedAt)
        implements Sized {

    @Override
    public long characters() {
        return settings.characters();
    }

    /**
     * The rule of a chat's times: they are in milliseconds, and do not go back even if the clock
     * does.
     *
     * @param updatedAt when the chat changed last
     * @param clock what the clock says
     * @return the time of a change that happens now
     */
    public static Instant timeOfChange(Instant updatedAt, Instant clock) {
        Instant now = clock.truncatedTo(ChronoUnit.MILLIS);
        return now.isBefore(updatedAt) ? updatedAt : now;
    }
}
