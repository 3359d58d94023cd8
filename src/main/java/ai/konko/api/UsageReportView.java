package ai.konko.api;

import ai.konko.chat.DailyUsage;
import ai.konko.chat.Sized;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.LocalDate;
import java.util.List;

/** The usage of some days. */
@RegisterForReflection
record UsageReportView(LocalDate from, LocalDate to, List<Entry> data) {

    /** One owner's usage of one model on one day. */
    @RegisterForReflection
    record Entry(
            LocalDate day,
            String owner,
            String model,
            long turns,
            long inputTokens,
            long outputTokens,
            long totalTokens)
            implements Sized {

        /** The numbers of an entry, by the names of its fields. */
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
