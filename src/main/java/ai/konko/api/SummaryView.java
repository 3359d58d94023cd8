package ai.konko.api;

import ai.konko.chat.Highlights;
import ai.konko.chat.MessageCounts;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A chat's summary on the wire. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record SummaryView(
        UUID chatId,
        @Nullable String title,
        int messageCount,
        int userMessageCount,
        int assistantMessageCount,
        @Nullable Instant firstMessageAt,
        @Nullable Instant lastMessageAt,
        @Nullable UsageView usage,
        List<Highlight> highlights,
        String highlightsBy,
        int summarizedThrough) {

    static SummaryView of(MessageCounts counts, Highlights highlights) {
        return new SummaryView(
                counts.chat().id(),
                counts.chat().settings().title(),
                counts.chat().messageCount(),
                counts.userMessages(),
                counts.assistantMessages(),
                counts.firstMessageAt(),
                counts.lastMessageAt(),
                UsageView.of(counts.chat().usage()),
                highlights.points().stream()
                        .map(point -> new Highlight(point.text(), point.messageId()))
                        .toList(),
                highlights.by().name().toLowerCase(Locale.ROOT),
                highlights.through());
    }

    /** A key point and the message it rests on. */
    @RegisterForReflection
    record Highlight(String text, UUID messageId) {
        @Override
        public String toString() {
            return "Highlight[messageId=" + messageId + "]";
        }
    }

    @Override
    public String toString() {
        return "SummaryView[chatId=" + chatId + "]";
    }
}
