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
 * @param started the turn that the caller has to run now; null if none was started
 */
public record Accepted(
        Turn turn,
        boolean repeated,
        List<Message> cancelled,
        @Nullable Message toCancel,
        @Nullable Started started) {

    /** The turn is in line. */
    public Accepted(
            Turn turn, boolean repeated, List<Message> cancelled, @Nullable Message toCancel) {
        this(turn, repeated, cancelled, toCancel, null);
    }

    /** The same, and a turn was started. */
    public Accepted with(@Nullable Started begun) {
        return new Accepted(turn, repeated, cancelled, toCancel, begun);
    }

    /**
     * @return the turn's reply, if the turn is new
     */
    public Optional<Message> added() {
        return repeated ? Optional.empty() : Optional.of(turn.reply());
    }
}
