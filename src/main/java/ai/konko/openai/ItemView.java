package ai.konko.openai;

import ai.konko.chat.Message;
import ai.konko.chat.Role;
import ai.konko.chat.Status;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message as an item. */
@RegisterForReflection
record ItemView(String id, String type, String role, String status, List<Part> content) {

    static ItemView of(Message message) {
        return new ItemView(
                Ids.item(message),
                "message",
                message.role().wire(),
                status(message.status()),
                List.of(
                        message.role() == Role.USER
                                ? Part.input(message.content())
                                : Part.output(message.content())));
    }

    /** The item of a reply that has no text yet. */
    static ItemView begun(Message reply) {
        return new ItemView(Ids.item(reply), "message", "assistant", "in_progress", List.of());
    }

    /** Whether a message is an item: a reply without text is none. */
    static boolean isOne(Message message) {
        return !message.content().isEmpty();
    }

    private static String status(Status status) {
        return switch (status) {
            case QUEUED, IN_PROGRESS -> "in_progress";
            case COMPLETED -> "completed";
            case INCOMPLETE, FAILED -> "incomplete";
        };
    }

    @Override
    public String toString() {
        return "ItemView[" + id + "]";
    }

    /** The text of an item. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Part(
            String type,
            String text,
            @Nullable List<String> annotations,
            @Nullable List<String> logprobs) {

        static Part input(String text) {
            return new Part("input_text", text, null, null);
        }

        static Part output(String text) {
            return new Part("output_text", text, List.of(), List.of());
        }

        @Override
        public String toString() {
            return "Part[" + type + "]";
        }
    }
}
