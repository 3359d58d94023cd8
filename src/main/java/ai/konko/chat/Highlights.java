package ai.konko.chat;

import java.util.List;
import java.util.UUID;

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
     * @return whether {@code found} may take these highlights' place: it takes in more of the chat,
     *     or as much for at least as many points
     */
    public boolean isLessThan(Highlights found) {
        return through < found.through || (through == found.through && asked <= found.asked);
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
