package ai.konko.api;

import ai.konko.chat.Attached;
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
 * An item of a message on the wire. Its {@code id} names its place in the message, and {@code
 * offset} is the length of the message's content before it, in UTF-16 units.
 */
sealed interface ItemView {

    /**
     * @return all items of the message that are not erased; null if it is text alone, or nothing
     */
    static @Nullable List<ItemView> of(Message message) {
        return of(Items.withTexts(message.content(), message.items()));
    }

    /**
     * @param all the items of a message, its texts included
     * @return null if there are none
     */
    static @Nullable List<ItemView> of(List<Item> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<ItemView> shown =
                IntStream.range(0, all.size())
                        .filter(i -> !(all.get(i) instanceof Item.Erased))
                        .mapToObj(i -> of(i, all.get(i)))
                        .toList();
        return shown.isEmpty() ? null : shown;
    }

    /**
     * @param index the item's place in the message, from 0, erased ones counted
     * @param item not an erased one
     */
    static ItemView of(int index, Item item) {
        String id = "i" + (index + 1);
        int offset = item.offset();
        return switch (item) {
            case Item.Text text -> new Words("text", id, offset, text.text());
            case Item.Reasoning reasoning -> new Words("reasoning", id, offset, reasoning.text());
            case Item.Image image -> Shown.of("image", id, offset, image.url(), image.attached());
            case Item.File file -> Shown.of("file", id, offset, null, file.attached());
            case Item.Call call ->
                    new Call(
                            "call",
                            id,
                            offset,
                            call.callId(),
                            call.tool(),
                            call.arguments(),
                            "client",
                            call.status().wire(),
                            call.output(),
                            call.completedAt());
            case Item.Output output ->
                    new Output(
                            "output",
                            id,
                            offset,
                            output.callId(),
                            output.output(),
                            output.failed());
            case Item.Erased _ ->
                    throw new IllegalArgumentException("what is erased is never shown");
        };
    }

    /** A text of the message, or the model's reasoning. */
    @RegisterForReflection
    record Words(String type, String id, int offset, String text) implements ItemView {
        @Override
        public String toString() {
            return "Words[type=%s, id=%s]".formatted(type, id);
        }
    }

    /** An image or a file that a user shows: where it is, or which attachment it is. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Shown(
            String type,
            String id,
            int offset,
            @Nullable String url,
            @Nullable String mediaType,
            @Nullable String name,
            @Nullable String attachment)
            implements ItemView {

        static Shown of(
                String type,
                String id,
                int offset,
                @Nullable String url,
                @Nullable Attached attached) {
            return attached == null
                    ? new Shown(type, id, offset, url, null, null, null)
                    : new Shown(
                            type,
                            id,
                            offset,
                            null,
                            attached.mediaType(),
                            attached.name(),
                            attached.id());
        }

        @Override
        public String toString() {
            return "Shown[id=" + id + "]";
        }
    }

    /** A call that the model wants. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Call(
            String type,
            String id,
            int offset,
            String callId,
            String tool,
            String arguments,
            String by,
            String status,
            @Nullable String output,
            @Nullable Instant completedAt)
            implements ItemView {
        @Override
        public String toString() {
            return "Call[id=%s, status=%s]".formatted(id, status);
        }
    }

    /** The output of a call, as the client posted it. */
    @RegisterForReflection
    record Output(String type, String id, int offset, String callId, String output, boolean failed)
            implements ItemView {
        @Override
        public String toString() {
            return "Output[id=" + id + "]";
        }
    }
}
