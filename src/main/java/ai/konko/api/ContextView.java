package ai.konko.api;

import ai.konko.assistant.ContextMessage;
import ai.konko.assistant.ModelContext;
import ai.konko.chat.Memory;
import ai.konko.chat.Sized;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the model would be sent next, on the wire. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record ContextView(
        List<Entry> messages,
        List<Excluded> excluded,
        @Nullable MemorySummaryView summary,
        int estimatedTokens,
        int stablePrefixTokens,
        int maxMessages,
        int maxTokens,
        double keep,
        String compaction,
        @Nullable Integer windowFrom,
        NextCut nextCut)
        implements Sized {

    /** As many messages may be excluded as a chat may have. */
    @Override
    public long characters() {
        return Sized.characters(messages) + Sized.characters(excluded);
    }

    private static final int UUID_LENGTH = 36;

    static ContextView of(ModelContext context) {
        List<Excluded> excluded =
                context.excluded().stream()
                        .map(each -> new Excluded(each.messageId(), wire(each.reason())))
                        .toList();
        return new ContextView(
                context.messages().stream().map(Entry::of).toList(),
                excluded,
                context.summary() == null ? null : MemorySummaryView.inContext(context.summary()),
                context.tokens().fixed() + context.tokens().turns(),
                context.tokens().stable(),
                context.maxMessages(),
                context.maxTokens(),
                context.keep(),
                (context.compacts() ? Memory.Compaction.SUMMARY : Memory.Compaction.OFF).wire(),
                context.turns().isEmpty() ? null : context.turns().getFirst().message().seq(),
                new NextCut(context.messagesLeft(), context.tokensLeft()));
    }

    private static String wire(ModelContext.Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** How much may come until the window is cut, the next message counted. */
    @RegisterForReflection
    record NextCut(int messages, int tokens) {}

    /** A message as it is sent to the model. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Entry(
            String role,
            String content,
            @Nullable List<ItemView> items,
            @Nullable UUID messageId,
            @Nullable String callId)
            implements Sized {

        /** Items have the text again, and little more. */
        @Override
        public long characters() {
            return items == null ? content.length() : 2L * content.length();
        }

        static Entry of(ContextMessage message) {
            return new Entry(
                    message.role(),
                    message.content(),
                    ItemView.of(message.parts()),
                    message.messageId(),
                    message.callId());
        }

        @Override
        public String toString() {
            return "Entry[role=%s, messageId=%s]".formatted(role, messageId);
        }
    }

    /** A message that is not sent to the model. */
    @RegisterForReflection
    record Excluded(UUID messageId, String reason) implements Sized {

        @Override
        public long characters() {
            return (long) UUID_LENGTH + reason.length();
        }
    }
}
