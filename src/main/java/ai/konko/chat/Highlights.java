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
 * @param erasures how often something of the chat had been erased when they were looked for
 */
public record Highlights(List<Point> points, int asked, By by, int through, int erasures) {

    public Highlights {
        points = List.copyOf(points);
    }

    /** Highlights of a chat of which nothing was erased. */
    public Highlights(List<Point> points, int asked, By by, int through) {
        this(points, asked, by, through, 0);
    }

    /**
     * What a chat keeps once something of it is erased: no highlights, and none either that were
     * looked for before, because they may quote it.
     */
    public static Highlights afterErasure(@Nullable Highlights kept) {
        return none(erasuresOf(kept) + 1);
    }

    /** What a chat keeps if these take in a reply that runs again. */
    public @Nullable Highlights withoutPoints() {
        return erasures == 0 ? null : none(erasures);
    }

    private static Highlights none(int erasures) {
        return new Highlights(List.of(), 0, By.EXTRACT, 0, erasures);
    }

    /**
     * @param kept what the chat has
     * @return how often something of it was erased
     */
    public static int erasuresOf(@Nullable Highlights kept) {
        return kept == null ? 0 : kept.erasures;
    }

    /**
     * The rule of which highlights a chat keeps: those that take in more of it, or as much for at
     * least as many points, and no reply that runs again, and nothing that was erased.
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
        return better && through <= answeredThrough && erasures == erasuresOf(kept);
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
