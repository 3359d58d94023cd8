package ai.konko.assistant;

import dev.langchain4j.data.message.ChatMessage;
import java.util.List;
import java.util.Map;

/**
 * What one call through an AI service carries beside its arguments, bound to the calling thread
 * while it lasts.
 *
 * @param model the model that the provider is asked for
 * @param memory the chat's memory as it is for this call
 * @param streamed whether the model is to give its answer piece by piece
 * @param parameters sent to the provider as they are
 * @param allowance how much of an answer may be held
 */
record ModelCall(
        String model,
        List<ChatMessage> memory,
        boolean streamed,
        Map<String, Object> parameters,
        Cancellation cancellation,
        TextAllowance allowance,
        Timeouts timeouts) {
    static final ScopedValue<ModelCall> CURRENT = ScopedValue.newInstance();

    @Override
    public String toString() {
        return "ModelCall[" + model + "]";
    }
}
