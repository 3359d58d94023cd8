package ai.konko.api;

import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An item of a message on the wire.
 *
 * @param id names its place in the message
 * @param offset the length of the message's content before it, in UTF-16 units
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record ItemView(
        String type,
        String id,
        int offset,
        @Nullable String text,
        @Nullable String url,
        @Nullable String callId,
        @Nullable String tool,
        @Nullable String arguments,
        @Nullable String by,
        @Nullable String status,
        @Nullable String output,
        @Nullable Boolean failed,
        @Nullable Instant completedAt) {

    /**
     * @return all items of the message; null if it is text alone
     */
    static @Nullable List<ItemView> of(Message message) {
        if (message.items().isEmpty()) {
            return null;
        }
        List<Item> all = Items.withTexts(message.content(), message.items());
        return IntStream.range(0, all.size()).mapToObj(i -> of(i, all.get(i))).toList();
    }

    /**
     * @param index the item's place in the message, from 0
     */
    static ItemView of(int index, Item item) {
        return switch (item) {
            case Item.Text text -> ofText("text", index, item, text.text());
            case Item.Reasoning reasoning -> ofText("reasoning", index, item, reasoning.text());
            case Item.Image image ->
                    new ItemView(
                            "image",
                            id(index),
                            item.offset(),
                            null,
                            image.url(),
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null);
            case Item.Call call ->
                    new ItemView(
                            "call",
                            id(index),
                            item.offset(),
                            null,
                            null,
                            call.callId(),
                            call.tool(),
                            call.arguments(),
                            "client",
                            call.status().wire(),
                            call.output(),
                            null,
                            call.completedAt());
            case Item.Output output ->
                    new ItemView(
                            "output",
                            id(index),
                            item.offset(),
                            null,
                            null,
                            output.callId(),
                            null,
                            null,
                            null,
                            null,
                            output.output(),
                            output.failed(),
                            null);
        };
    }

    private static ItemView ofText(String type, int index, Item item, String text) {
        return new ItemView(
                type,
                id(index),
                item.offset(),
                text,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    private static String id(int index) {
        return "i" + (index + 1);
    }

    @Override
    public String toString() {
        return "ItemView[type=%s, id=%s]".formatted(type, id);
    }
}
