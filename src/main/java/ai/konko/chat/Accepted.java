package ai.konko.chat;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A post has its place in the log.
 *
 * @param turn the post's turn as it is now
 * @param repeated whether its idempotency key was known, so that nothing was added
 * @param cancelled replies that waited in line and which this post has cancelled
 * @param toCancel the running reply that this post wants cancelled; whoever runs it ends it
 */
public record Accepted(
        Turn turn, boolean repeated, List<Message> cancelled, @Nullable Message toCancel) {

    /**
     * @return the turn's reply, if the turn is new
     */
    public Optional<Message> added() {
        return repeated ? Optional.empty() : Optional.of(turn.reply());
    }
}
