package ai.konko.api;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.WhenBusy;
import ai.konko.http.JsonBody;
import ai.konko.http.TextBound;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A user's message to a chat. */
@RegisterForReflection
record PostBody(@Nullable String content, @Nullable String whenBusy) implements JsonBody {
    private static final Set<String> WHEN_BUSY = Set.of("enqueue", "reject", "interrupt");

    @Override
    public List<Violation> broken(ChatLimits limits) {
        List<Violation> broken = new ArrayList<>();
        if (content == null) {
            broken.add(new Violation("content", "is missing"));
        }
        TextBound.MESSAGE.check("content", content, limits, broken);
        if (whenBusy != null && !WHEN_BUSY.contains(whenBusy)) {
            broken.add(new Violation("whenBusy", "must be enqueue, reject or interrupt"));
        }
        return broken;
    }

    Post post(@Nullable String idempotencyKey, boolean streamed) {
        if (content == null) {
            throw new IllegalStateException("a body is validated when it is read");
        }
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
