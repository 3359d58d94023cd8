package ai.konko.openai;

import ai.konko.chat.Attached;
import ai.konko.chat.CallStatus;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Role;
import ai.konko.chat.Status;
import ai.konko.http.AttachmentData;
import ai.konko.openai.Ids.Kind;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a message consists of, as items. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
record ItemView(
        String id,
        String type,
        @Nullable String role,
        @Nullable String status,
        @Nullable List<Part> content,
        @Nullable List<Part> summary,
        @Nullable String callId,
        @Nullable String name,
        @Nullable String arguments,
        @Nullable String output) {
    static final String COMPLETED = "completed";
    static final String IN_PROGRESS = "in_progress";
    static final String INCOMPLETE = "incomplete";

    /**
     * @return none of a reply that has nothing
     */
    static List<ItemView> of(Message message) {
        return message.role() == Role.USER ? said(message) : replied(message);
    }

    /**
     * @return which of all items of the message are this one; what the user says is one with all
     *     images
     */
    static Set<Integer> places(Message message, Ids.ItemId wanted) {
        List<Item> items = Items.all(message);
        Set<Integer> places = new HashSet<>();
        int before = 0;
        for (int i = 0; i < items.size(); i++) {
            if (kind(items.get(i)) == wanted.kind()) {
                boolean said = message.role() == Role.USER && wanted.kind() == Kind.MESSAGE;
                boolean erased = items.get(i) instanceof Item.Erased;
                if (before == wanted.number() && !erased) {
                    places.add(i);
                }
                before += said ? 0 : 1;
            }
        }
        return places;
    }

    /** Outputs come first, then what the user says, with all images in one item. */
    private static List<ItemView> said(Message message) {
        List<ItemView> all = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        int outputs = 0;
        for (Item each : Items.all(message)) {
            if (each instanceof Item.Output output) {
                all.add(output(Kind.OUTPUT.of(message, outputs), output));
            } else if (each instanceof Item.Image image) {
                parts.add(Part.image(url(message, image)));
            } else if (each instanceof Item.File file) {
                parts.add(Part.file(file.name(), address(message, each)));
            } else if (each instanceof Item.Text text) {
                parts.add(Part.input(text.text()));
            }
            outputs += kind(each) == Kind.OUTPUT ? 1 : 0;
        }
        if (!parts.isEmpty()) {
            all.add(message(Kind.MESSAGE.of(message, 0), "user", COMPLETED, parts));
        }
        return all;
    }

    static String url(Message message, Item.Image image) {
        return image.url() == null ? address(message, image) : image.url();
    }

    /** Where the bytes can be read, because they never come in lists. */
    static String address(Message message, Item item) {
        Attached attached = Objects.requireNonNull(Items.attached(item));
        return AttachmentData.address(message.chatId(), attached);
    }

    private static List<ItemView> replied(Message reply) {
        List<ItemView> all = new ArrayList<>();
        Map<Kind, Integer> numbers = new EnumMap<>(Kind.class);
        List<Item> items = Items.all(reply);
        for (int i = 0; i < items.size(); i++) {
            Item each = items.get(i);
            String status = i == items.size() - 1 ? status(reply.status()) : COMPLETED;
            int number = numbers.merge(kind(each), 1, Integer::sum) - 1;
            if (!(each instanceof Item.Erased)) {
                all.add(of(kind(each).of(reply, number), each, status));
            }
        }
        return all;
    }

    /** What the item is, or was. */
    static Kind kind(Item item) {
        return switch (item.kind()) {
            case TEXT, IMAGE, FILE -> Kind.MESSAGE;
            case REASONING -> Kind.REASONING;
            case CALL -> Kind.CALL;
            case OUTPUT -> Kind.OUTPUT;
        };
    }

    private static ItemView of(String id, Item item, String status) {
        return switch (item) {
            case Item.Text text -> text(id, status, text.text());
            case Item.Reasoning reasoning -> reasoning(id, reasoning.text());
            case Item.Call call ->
                    call(id, call, call.arguments(), isBroken(call) ? INCOMPLETE : status);
            case Item.Output output -> output(id, output);
            case Item.Image _, Item.File _ ->
                    throw new IllegalArgumentException("a reply has no such item");
            case Item.Erased _ ->
                    throw new IllegalArgumentException("what is erased is never shown");
        };
    }

    /** Whether the model may not have written all of it. */
    static boolean isBroken(Item.Call call) {
        return call.status() == CallStatus.CANCELLED || call.status() == CallStatus.INTERRUPTED;
    }

    private static ItemView message(String id, String role, String status, List<Part> content) {
        return new ItemView(id, "message", role, status, content, null, null, null, null, null);
    }

    /** A text of the model. */
    static ItemView text(String id, String status, String text) {
        return message(id, "assistant", status, List.of(Part.output(text)));
    }

    /** The item of a text that begins. */
    static ItemView begun(String id) {
        return message(id, "assistant", IN_PROGRESS, List.of());
    }

    /** What the model tells of its thinking. */
    static ItemView reasoning(String id, String text) {
        List<Part> content = text.isEmpty() ? List.of() : List.of(Part.reasoning(text));
        return new ItemView(
                id, "reasoning", null, null, content, List.of(), null, null, null, null);
    }

    /**
     * @param arguments as much of them as there is
     */
    static ItemView call(String id, Item.Call call, String arguments, String status) {
        return new ItemView(
                id,
                "function_call",
                null,
                status,
                null,
                null,
                call.callId(),
                call.tool(),
                arguments,
                null);
    }

    private static ItemView output(String id, Item.Output output) {
        return new ItemView(
                id,
                "function_call_output",
                null,
                COMPLETED,
                null,
                null,
                output.callId(),
                null,
                null,
                output.output());
    }

    static String status(Status status) {
        return switch (status) {
            case QUEUED, IN_PROGRESS -> IN_PROGRESS;
            case COMPLETED -> COMPLETED;
            case INCOMPLETE, FAILED -> INCOMPLETE;
        };
    }

    @Override
    public String toString() {
        return "ItemView[" + id + "]";
    }

    /** A part of an item. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Part(
            String type,
            @Nullable String text,
            @Nullable String imageUrl,
            @Nullable String detail,
            @Nullable String filename,
            @Nullable String fileUrl,
            @Nullable List<String> annotations,
            @Nullable List<String> logprobs) {

        static Part input(String text) {
            return new Part("input_text", text, null, null, null, null, null, null);
        }

        static Part output(String text) {
            return new Part("output_text", text, null, null, null, null, List.of(), List.of());
        }

        static Part reasoning(String text) {
            return new Part("reasoning_text", text, null, null, null, null, null, null);
        }

        static Part image(String url) {
            return new Part("input_image", null, url, "auto", null, null, null, null);
        }

        static Part file(String name, String url) {
            return new Part("input_file", null, null, null, name, url, null, null);
        }

        @Override
        public String toString() {
            return "Part[" + type + "]";
        }
    }
}
