package ai.konko.api;

import ai.konko.chat.MemorySummary;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A summary of what the model does not see of a chat, on the wire. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record MemorySummaryView(
        int throughSeq, String text, String model, @Nullable UsageView usage, Instant createdAt) {

    static MemorySummaryView of(MemorySummary summary) {
        return new MemorySummaryView(
                summary.throughSeq(),
                summary.text(),
                summary.model(),
                UsageView.of(summary.usage()),
                summary.createdAt());
    }

    /** The same without what it has cost. */
    static MemorySummaryView inContext(MemorySummary summary) {
        return new MemorySummaryView(
                summary.throughSeq(), summary.text(), summary.model(), null, summary.createdAt());
    }

    @Override
    public String toString() {
        return "MemorySummaryView[throughSeq=" + throughSeq + "]";
    }
}
