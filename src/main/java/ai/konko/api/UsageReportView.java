package ai.konko.api;

import ai.konko.chat.Counted;
import ai.konko.chat.DailyUsage;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.LocalDate;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What was used on some days. */
@RegisterForReflection
@Schema(
        name = "UsageReport",
        requiredProperties = {"from", "to", "data"})
record UsageReportView(
        @Schema(description = "The first day, by UTC.") LocalDate from,
        @Schema(description = "The last day.") LocalDate to,
        @Schema(description = "By day, owner and model.") List<Entry> data) {

    /** One owner's use of one model on one day. */
    @RegisterForReflection
    @Schema(
            name = "DailyUsage",
            requiredProperties = {
                "day",
                "owner",
                "model",
                "turns",
                "inputTokens",
                "outputTokens",
                "totalTokens"
            })
    record Entry(
            LocalDate day,
            @Schema(description = "The name of an API key, or oidc: and the subject of a token.")
                    String owner,
            String model,
            @Schema(description = "How often the model wrote something or reported usage.")
                    long turns,
            long inputTokens,
            long outputTokens,
            long totalTokens)
            implements Counted {

        /** What an entry has besides: its numbers, and the names of its fields. */
        private static final int FIELDS = 150;

        @Override
        public long characters() {
            return (long) FIELDS + owner.length() + model.length();
        }

        static Entry of(DailyUsage used) {
            return new Entry(
                    used.day(),
                    used.owner().name(),
                    used.model(),
                    used.turns(),
                    used.usage().inputTokens(),
                    used.usage().outputTokens(),
                    used.usage().totalTokens());
        }
    }
}
