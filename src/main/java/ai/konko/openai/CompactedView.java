package ai.konko.openai;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A dialogue that was summarized.
 *
 * @param createdAt in seconds since 1970
 */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record CompactedView(
        String id,
        String object,
        long createdAt,
        List<CompactionItem> output,
        @Nullable ResponseUsageView usage) {}
