package ai.konko.chat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Counts over one chat at one moment.
 *
 * @param answeredThrough the seq of the last reply that {@linkplain Message#isAnswer is an answer};
 *     0 if there is none
 */
public record MessageCounts(
        Chat chat,
        int userMessages,
        int assistantMessages,
        @Nullable Instant firstMessageAt,
        @Nullable Instant lastMessageAt,
        int answeredThrough) {}
