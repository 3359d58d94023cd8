package ai.konko.openai;

import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.PastTurn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A response that the log does not have, with all that it went on from.
 *
 * @param base what of the log it went on from
 * @param turns those after that; the last is its own
 * @param instructions those that its input began with
 */
record RememberedResponse(
        String id,
        Responses.Continued base,
        List<PastTurn> turns,
        @Nullable String instructions,
        @Nullable String model)
        implements Remembered {

    /**
     * @param ended the response's reply
     */
    static RememberedResponse of(ResponseCreation.Unkept unkept, Message ended) {
        TurnRequest turn = unkept.turn();
        Outcome outcome =
                new Outcome(
                        ended.status(),
                        ended.content(),
                        ended.items(),
                        ended.finishReason(),
                        null,
                        ended.failure());
        List<PastTurn> turns = new ArrayList<>(turn.earlier());
        turns.add(
                new PastTurn(
                        turn.message().message(),
                        turn.message().items(),
                        turn.message().attachments(),
                        outcome,
                        ended.model()));
        return new RememberedResponse(
                Ids.response(ended),
                unkept.base(),
                List.copyOf(turns),
                turn.instructions(),
                turn.options().model());
    }

    /**
     * @return the turn as it is if its client had sent all turns before it
     * @throws ai.konko.chat.RefusedException unless it has an output for each call of this response
     */
    TurnRequest followedBy(TurnRequest next) {
        Outcome reply = turns.getLast().reply();
        CallRules.answered(
                next.parameter(),
                reply == null ? Set.of() : CallRules.open(reply.items()),
                next.first());
        return next.after(turns, instructions, model);
    }

    @Override
    public long characters() {
        return Remembered.characters(instructions, turns);
    }

    @Override
    public String toString() {
        return "RememberedResponse[turns=" + turns.size() + "]";
    }
}
