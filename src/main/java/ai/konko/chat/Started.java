package ai.konko.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A turn whose reply is now in progress.
 *
 * @param settings those of its chat at that moment
 * @param streamed whether the model is to give the reply piece by piece
 * @param before the turns before it that {@link StartOptions} ask for, see {@link
 *     ChatRepository#recall}; null if the log has not read them
 * @param summarized the {@code throughSeq} of the chat's newest summary; 0 if it has none
 */
public record Started(
        Turn turn,
        Settings settings,
        boolean streamed,
        @Nullable List<ContextTurn> before,
        int summarized) {}
