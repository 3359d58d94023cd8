package ai.konko.chat;

import java.time.LocalDate;

/**
 * What an owner's turns have used of one model on one day. It outlives the chats, of which it says
 * nothing.
 *
 * @param day by UTC, the one on which the turns ended
 * @param turns how often the model was asked and wrote something or reported usage; at least 1
 * @param usage what the provider reported; nothing is counted for turns of which it reported none
 */
public record DailyUsage(Owner owner, String model, LocalDate day, long turns, Usage usage) {

    public DailyUsage {
        if (turns < 1) {
            throw new IllegalArgumentException("a day without turns has no usage");
        }
    }

    /** Both together; they are of the same owner, model and day. */
    public DailyUsage plus(DailyUsage other) {
        return new DailyUsage(owner, model, day, turns + other.turns, usage.plus(other.usage));
    }
}
