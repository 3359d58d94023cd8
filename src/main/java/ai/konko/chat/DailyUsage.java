package ai.konko.chat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * What an owner's turns have used of one model on one day. It outlives the chats, of which it says
 * nothing.
 *
 * @param day by UTC, the one on which the turns ended
 * @param turns how often the model was asked and wrote something or reported usage; at least 1
 * @param usage what the provider reported; nothing is counted for turns of which it reported none
 */
public record DailyUsage(Owner owner, String model, LocalDate day, long turns, Usage usage) {
    /**
     * How many models of an owner's day are told apart, because clients choose their names; what
     * others used is summed as {@link #OTHER}.
     */
    public static final int MOST_MODELS = 100;

    /** Stands for all models that are not told apart. */
    public static final String OTHER = "other";

    public DailyUsage {
        if (turns < 1) {
            throw new IllegalArgumentException("a day without turns has no usage");
        }
    }

    /**
     * The usage of one turn.
     *
     * @param ended when the turn ended
     * @param reported by the provider; null if it reported nothing
     */
    public static DailyUsage ofTurn(
            Owner owner, String model, Instant ended, @Nullable Usage reported) {
        return new DailyUsage(owner, model, dayOf(ended), 1, orNone(reported));
    }

    /** The day that a turn counts for. */
    public static LocalDate dayOf(Instant ended) {
        return LocalDate.ofInstant(ended, ZoneOffset.UTC);
    }

    /** The usage that a turn counts with. */
    public static Usage orNone(@Nullable Usage reported) {
        return reported == null ? Usage.NONE : reported.plain();
    }

    /** The same of a model that is not told apart. */
    public DailyUsage ofOther() {
        return new DailyUsage(owner, OTHER, day, turns, usage);
    }

    /** Both together; they are of the same owner, model and day. */
    public DailyUsage plus(DailyUsage other) {
        return new DailyUsage(owner, model, day, turns + other.turns, usage.plus(other.usage));
    }
}
