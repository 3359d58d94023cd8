package ai.konko.relay;

import ai.konko.chat.Item;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * An item of a running reply as JSON: reasoning, or a call that the model has begun to write.
 *
 * @param callId of a call; absent for reasoning
 * @param text of the reasoning, or the call's arguments
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record RelayedItem(int offset, @Nullable String callId, @Nullable String tool, String text) {

    static RelayedItem of(Item item) {
        return switch (item) {
            case Item.Reasoning all -> new RelayedItem(all.offset(), null, null, all.text());
            case Item.Call call ->
                    new RelayedItem(call.offset(), call.callId(), call.tool(), call.arguments());
            default -> throw new IllegalArgumentException("no model writes " + item.kind());
        };
    }

    Item item() {
        return callId == null || tool == null
                ? new Item.Reasoning(offset, text)
                : Item.Call.open(offset, callId, tool, text);
    }
}
