package ai.konko.api;

import ai.konko.chat.Post;
import ai.konko.chat.WhenBusy;
import ai.konko.http.JsonBody;
import ai.konko.http.TextBound;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A user's message to a chat. */
@RegisterForReflection
record PostBody(
        @NotNull(message = "is missing") @Text(TextBound.MESSAGE) String content,
        @Pattern(
                        regexp = "enqueue|reject|interrupt",
                        message = "must be enqueue, reject or interrupt")
                @Nullable String whenBusy)
        implements JsonBody {

    Post post(@Nullable String idempotencyKey, boolean streamed) {
        WhenBusy chosen =
                whenBusy == null
                        ? WhenBusy.ENQUEUE
                        : WhenBusy.valueOf(whenBusy.toUpperCase(Locale.ROOT));
        return new Post(content, chosen, idempotencyKey, streamed);
    }

    @Override
    public String toString() {
        return "PostBody[whenBusy=" + whenBusy + "]";
    }
}
