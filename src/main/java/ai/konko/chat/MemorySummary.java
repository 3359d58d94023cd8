package ai.konko.chat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the model is told of a chat's turns that its window has left out. Each summary is made from
 * the one before it and the turns since then; none of them is part of the log, and all are kept.
 *
 * @param throughSeq the seq of the last reply that it takes in
 * @param text names in square brackets the seq that a statement rests on
 * @param model that has written it
 * @param usage what the provider reported for it; null if nothing
 * @param asked whether a client asked for it: then the window begins after it at once, else at its
 *     next cut
 * @param createdAt by the log's clock
 */
public record MemorySummary(
        int throughSeq,
        String text,
        String model,
        @Nullable Usage usage,
        boolean asked,
        Instant createdAt)
        implements Sized {

    @Override
    public long characters() {
        return text.length();
    }

    /** The same, kept at this time. */
    public MemorySummary at(Instant now) {
        return new MemorySummary(throughSeq, text, model, usage, asked, now);
    }

    @Override
    public String toString() {
        return "MemorySummary[throughSeq=%d, model=%s]".formatted(throughSeq, model);
    }

    /**
     * What a summary is made from. If it is not the same any more when the summary is there, that
     * one is of no use: another was made meanwhile, or it may tell what was erased.
     *
     * @param throughSeq of the newest summary; 0 if there is none
     * @param erasures how often something of the chat was erased
     */
    public record Basis(int throughSeq, int erasures) {

        /**
         * @param newest the chat's newest summary
         * @param highlights what the chat keeps of them, which counts what was erased
         */
        public static Basis of(@Nullable MemorySummary newest, @Nullable Highlights highlights) {
            return new Basis(
                    newest == null ? 0 : newest.throughSeq(), Highlights.erasuresOf(highlights));
        }
    }
}
