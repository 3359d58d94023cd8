package ai.konko.chat;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Key points of a chat.
 *
 * @param points in the chat's order
 * @param asked how many were asked for; fewer points than that means that there are no more
 * @param by who found them
 * @param through the last seq that was taken in; 0 for an empty chat
 */
public record Highlights(List<Point> points, int asked, By by, int through) {

    public Highlights {
        points = List.copyOf(points);
    }

    /**
     * The rule of which highlights a chat keeps: those that take in more of it, or as much for at
     * least as many points, and no reply that runs again.
     *
     * @param kept what the chat has
     * @param answeredThrough see {@link MessageCounts}
     * @return whether these take their place
     */
    public boolean replaces(@Nullable Highlights kept, int answeredThrough) {
        boolean better =
                kept == null
                        || kept.through < through
                        || (kept.through == through && kept.asked <= asked);
        return better && through <= answeredThrough;
    }

    /** Who found the highlights. */
    public enum By {
        MODEL,
        /** Sentences of the chat itself, taken where the model could not. */
        EXTRACT
    }

    /** A key point and the message that it rests on. */
    public record Point(String text, UUID messageId) {
        @Override
        public String toString() {
            return "Point[messageId=" + messageId + "]";
        }
    }
}
