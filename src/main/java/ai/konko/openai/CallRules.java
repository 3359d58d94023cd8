package ai.konko.openai;

import ai.konko.chat.CallStatus;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Outcome;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** OpenAI's rules of what a request has to have: an output for each call, and none for others. */
final class CallRules {
    private CallRules() {}

    /**
     * Checks all turns of a request but the calls of what it continues.
     *
     * @param parameter the one that has the turns
     */
    static void check(String parameter, List<PastTurn> turns, PastTurn last) {
        for (int i = 0; i < turns.size(); i++) {
            Outcome reply = turns.get(i).reply();
            PastTurn next = i + 1 < turns.size() ? turns.get(i + 1) : last;
            if (reply != null) {
                answered(parameter, open(reply.items()), next.items());
            }
        }
    }

    /** The ids of the calls that wait for outputs. */
    static Set<String> open(List<Item> reply) {
        return Items.calls(reply).stream()
                .filter(each -> each.status() == CallStatus.OPEN)
                .map(Item.Call::callId)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * @param parameter the one that has what is said
     * @param calls those that wait for outputs
     * @param said the items of the message after them
     * @throws RefusedException in OpenAI's words, unless the outputs are those of the calls
     */
    static void answered(String parameter, Set<String> calls, List<Item> said) {
        Set<String> open = new LinkedHashSet<>(calls);
        for (Item.Output each : Items.outputs(said)) {
            if (!open.remove(each.callId())) {
                throw refused(
                        parameter,
                        "No tool call found for function call output with call_id %s.",
                        each.callId());
            }
        }
        for (String missing : open) {
            throw refused(parameter, "No tool output found for function call %s.", missing);
        }
    }

    private static RefusedException refused(String parameter, String sentence, String callId) {
        return RefusedException.badRequest(
                parameter, sentence.formatted(RequestParameters.shortened(callId)));
    }
}
