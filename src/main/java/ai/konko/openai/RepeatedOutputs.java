package ai.konko.openai;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.openai.InputItem.Answered;
import ai.konko.openai.InputItem.Called;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Outputs that the log has already. Some clients send those of earlier steps again, although they
 * continue the response or the conversation that has them.
 */
@Singleton
class RepeatedOutputs {
    private final ChatRepository repository;
    private final PastTurns past;

    RepeatedOutputs(ChatRepository repository, PastTurns past) {
        this.repository = repository;
        this.past = past;
    }

    /**
     * @return the same without outputs that are those of calls before the reply that is continued;
     *     all of it if nothing would be left
     */
    Dialogue without(Dialogue input, Responses.Continued continued) {
        Set<String> ids = outside(input);
        UUID chatId = continued.chatId();
        if (chatId == null || ids.isEmpty()) {
            return input;
        }
        Message last = past.lastReply(continued);
        if (last == null) {
            return input;
        }
        for (Call each : Items.calls(last.items())) {
            ids.remove(each.callId());
        }
        if (ids.isEmpty()) {
            return input;
        }
        ids.retainAll(repository.callIds(chatId, last.seq()));
        Map<String, String> known = past.outputs(chatId, last.seq(), ids);
        List<InputItem> left =
                input.items().stream()
                        .filter(
                                each ->
                                        !(each instanceof Answered answered
                                                && answered.output()
                                                        .equals(known.get(answered.callId()))))
                        .toList();
        return left.isEmpty() ? input : new Dialogue(input.parameter(), left);
    }

    /** The calls that have an output in the input, but are not in it. */
    private static Set<String> outside(Dialogue input) {
        Set<String> ids = new HashSet<>();
        for (InputItem each : input.items()) {
            if (each instanceof Answered answered) {
                ids.add(answered.callId());
            }
        }
        for (InputItem each : input.items()) {
            if (each instanceof Called called) {
                ids.remove(called.callId());
            }
        }
        return ids;
    }
}
