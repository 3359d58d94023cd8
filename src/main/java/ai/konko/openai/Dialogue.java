package ai.konko.openai;

import ai.konko.assistant.Prompt.Said;
import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import ai.konko.openai.InputItem.Spoken;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A list of messages and items that a client sends, in its order.
 *
 * @param parameter the list's name
 */
record Dialogue(String parameter, List<InputItem> items) {

    /**
     * The same as turns, as the log keeps them.
     *
     * @param instructions the first messages, of system or developer
     * @param turns the turns that are over; one has no reply if the user went on before there was
     *     one. Their calls are open
     * @param last what is said last, if there is no reply to it
     */
    record ByTurns(@Nullable String instructions, List<PastTurn> turns, @Nullable PastTurn last) {
        static final ByTurns NOTHING = new ByTurns(null, List.of(), null);

        /** All turns, with one that waits for a reply. */
        List<PastTurn> all() {
            if (last == null) {
                return turns;
            }
            List<PastTurn> all = new ArrayList<>(turns);
            all.add(last);
            return all;
        }

        @Override
        public String toString() {
            return "ByTurns[turns=" + turns.size() + "]";
        }
    }

    /**
     * @param given a list of messages and items, or the text of a user's message
     */
    static Dialogue of(String parameter, @Nullable JsonNode given, InputFiles files) {
        if (given == null || given.isNull()) {
            throw RefusedException.invalid(parameter, "is missing");
        }
        if (given.isTextual()) {
            String text = RequestParameters.wellFormed(parameter, given);
            return new Dialogue(
                    parameter, List.of(new Spoken(parameter, InputItem.Role.USER, text)));
        }
        if (!given.isArray() || given.isEmpty()) {
            throw RefusedException.invalid(parameter, "must be a list of one message or more");
        }
        List<InputItem> items = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            items.addAll(InputReader.read("%s[%d]".formatted(parameter, i), given.get(i), files));
        }
        return new Dialogue(parameter, List.copyOf(items));
    }

    /**
     * @param find what an item is that is only referred to; nothing if it is known anyway
     */
    Dialogue resolved(Function<InputItem.Reference, List<InputItem>> find) {
        List<InputItem> all = new ArrayList<>();
        for (InputItem each : items) {
            if (each instanceof InputItem.Reference reference) {
                all.addAll(find.apply(reference));
            } else {
                all.add(each);
            }
        }
        return new Dialogue(parameter, List.copyOf(all));
    }

    /**
     * @param toAnswer whether the model is to answer, so that something has to be said to it
     */
    ByTurns byTurns(boolean toAnswer, ChatLimits limits) {
        return new InputTurns(parameter, items, toAnswer, limits).byTurns();
    }

    /** The same as messages of text. */
    List<Said> said() {
        List<Said> said = new ArrayList<>();
        for (InputItem each : items) {
            RequestParameters.require(
                    each instanceof Spoken spoken && spoken.shown().isEmpty(),
                    each.path(),
                    "is supported only as a message of text");
            if (each instanceof Spoken spoken && !spoken.text().isEmpty()) {
                said.add(new Said(speaker(spoken), spoken.text()));
            }
        }
        if (said.isEmpty()) {
            throw RefusedException.invalid(parameter, "must not be blank");
        }
        return said;
    }

    private static Speaker speaker(Spoken spoken) {
        return switch (spoken.by()) {
            case USER -> Speaker.USER;
            case ASSISTANT -> Speaker.ASSISTANT;
            case SYSTEM -> Speaker.SYSTEM;
        };
    }

    @Override
    public String toString() {
        return "Dialogue[items=" + items.size() + "]";
    }
}
