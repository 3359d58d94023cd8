package ai.konko.openai;

import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Role;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One of the messages that a chat completion answers, as the log has them: the instructions in one,
 * and nothing of those that were empty.
 *
 * @param id names its place in the chat
 * @param contentParts if there are images
 */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record CompletionMessageView(
        String id,
        String role,
        @Nullable String content,
        @Nullable String refusal,
        @Nullable List<Part> contentParts,
        @JsonInclude(JsonInclude.Include.NON_NULL)
                @Nullable List<CompletionView.ToolCall> toolCalls,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String toolCallId) {

    /** The messages before this completion. */
    static ItemPages.Entries<CompletionMessageView> of(Message completion) {
        return new ItemPages.Entries<>(
                message -> of(message, completion), CompletionMessageView::id);
    }

    private static List<CompletionMessageView> of(Message message, Message completion) {
        List<CompletionMessageView> all = new ArrayList<>();
        String first = message.seq() == 1 ? instructions(completion) : null;
        if (first != null) {
            all.add(view(Ids.of(completion, 1, 0), "system", first, null, null, null));
        }
        int number = all.size();
        for (Item each : message.items()) {
            if (each instanceof Item.Output output) {
                String id = Ids.of(completion, message.seq(), number);
                all.add(view(id, "tool", output.output(), null, null, output.callId()));
            }
            if (each.kind() == Item.Kind.OUTPUT) { // also one that was erased
                number++;
            }
        }
        String id = Ids.of(completion, message.seq(), number);
        if (message.role() == Role.USER) {
            said(id, message).ifPresent(all::add);
        } else if (message.isAnswer()) {
            CompletionView.Answer said = CompletionView.Answer.of(message);
            all.add(view(id, said.role(), said.content(), null, said.toolCalls(), null));
        }
        return all;
    }

    private static @Nullable String instructions(Message completion) {
        Options options = completion.options();
        return options == null ? null : options.instructions();
    }

    private static Optional<CompletionMessageView> said(String id, Message message) {
        List<Part> parts = new ArrayList<>();
        boolean shown = false;
        for (Item each : Items.withTexts(message.content(), message.items())) {
            if (each instanceof Item.Image image) {
                shown = true;
                parts.add(Part.image(ItemView.url(message, image)));
            } else if (each instanceof Item.File file) {
                shown = true;
                parts.add(Part.file(file.name(), ItemView.address(message, file)));
            } else if (each instanceof Item.Text text) {
                parts.add(Part.text(text.text()));
            }
        }
        return message.content().isEmpty() && !shown
                ? Optional.empty()
                : Optional.of(
                        view(id, "user", message.content(), shown ? parts : null, null, null));
    }

    private static CompletionMessageView view(
            String id,
            String role,
            @Nullable String content,
            @Nullable List<Part> parts,
            @Nullable List<CompletionView.ToolCall> calls,
            @Nullable String callId) {
        return new CompletionMessageView(id, role, content, null, parts, calls, callId);
    }

    @Override
    public String toString() {
        return "CompletionMessageView[id=%s, role=%s]".formatted(id, role);
    }

    /** A text, an image or a file. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Part(
            String type, @Nullable String text, @Nullable Url imageUrl, @Nullable Attached file) {
        private static Part text(String text) {
            return new Part("text", text, null, null);
        }

        private static Part image(String url) {
            return new Part("image_url", null, new Url(url), null);
        }

        private static Part file(String name, String url) {
            return new Part("file", null, null, new Attached(name, url));
        }

        @Override
        public String toString() {
            return "Part[type=" + type + "]";
        }
    }

    /** Where a file can be read. */
    @RegisterForReflection
    @JsonNaming(SnakeCaseStrategy.class)
    record Attached(String filename, String fileUrl) {
        @Override
        public String toString() {
            return "Attached[]";
        }
    }

    /** Where an image is. */
    @RegisterForReflection
    record Url(String url) {
        @Override
        public String toString() {
            return "Url[]";
        }
    }
}
