package ai.konko.chat;

import org.jspecify.annotations.Nullable;

/**
 * Where a turn comes from.
 *
 * @param requestId of the request that posted it, for the log
 * @param traceparent the trace that the request is part of, as its header has it (W3C Trace
 *     Context)
 */
public record Origin(Owner owner, @Nullable String requestId, @Nullable String traceparent) {

    public static Origin of(Owner owner) {
        return new Origin(owner, null, null);
    }
}
