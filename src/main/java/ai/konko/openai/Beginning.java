package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request goes on from: a conversation, or a response, which its WebSocket remembers or the
 * log has; and then what was said to warm up.
 *
 * @param conversation the conversation's id, if the request goes on from its end
 * @param previous the response's id, if the log has it
 * @param said since then
 * @param model the one to ask, if the request names none
 */
record Beginning(
        @Nullable String conversation,
        @Nullable String previous,
        @Nullable RememberedResponse remembered,
        List<InputItem> said,
        @Nullable String model) {

    /**
     * @param before what the request goes on from, if the log does not have it
     */
    static Beginning of(ResponseBody given, @Nullable Remembered before) {
        return switch (before) {
            case WarmUp warmUp -> warmUp.beginning();
            case RememberedResponse response ->
                    new Beginning(null, null, response, List.of(), null);
            case null ->
                    new Beginning(
                            given.conversationId(),
                            given.previousResponseId(),
                            null,
                            List.of(),
                            null);
        };
    }

    /** Whether nothing more need be said. */
    boolean suffices(ResponseBody given) {
        JsonNode input = RequestParameters.orMissing(given.input());
        boolean isNothing = input.isMissingNode() || (input.isArray() && input.isEmpty());
        return isNothing && (!given.generates() || !said.isEmpty());
    }

    /** The same dialogue after what was said before. */
    Dialogue followedBy(Dialogue input) {
        List<InputItem> all = new ArrayList<>(said);
        all.addAll(input.items());
        return new Dialogue(input.parameter(), List.copyOf(all));
    }

    /**
     * @param input all that is said since what the log or the WebSocket has
     */
    TurnRequest turn(ResponseBody given, Dialogue input, ChatLimits limits) {
        TurnRequest turn = TurnRequest.of(given, input, limits).orElse(model);
        return remembered == null ? turn : remembered.followedBy(turn);
    }

    /**
     * @param input all that is said since what the log or the WebSocket has
     * @param chosen the model that the request names
     */
    Beginning saying(Dialogue input, @Nullable String chosen) {
        return new Beginning(
                conversation, previous, remembered, input.items(), chosen == null ? model : chosen);
    }

    @Override
    public String toString() {
        return "Beginning[said=" + said.size() + "]";
    }
}
