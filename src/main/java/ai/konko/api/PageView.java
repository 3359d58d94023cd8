package ai.konko.api;

import ai.konko.chat.Page;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Pages on the wire. */
final class PageView {
    private PageView() {}

    /** A page of chats. */
    @RegisterForReflection
    record Chats(List<ChatView> data, @Nullable String nextCursor) {}

    /** A page of messages. */
    @RegisterForReflection
    record Messages(List<MessageView> data, @Nullable String nextCursor) {}

    /** A page of summaries. */
    @RegisterForReflection
    record Summaries(List<MemorySummaryView> data, @Nullable String nextCursor) {}

    /**
     * @return where the list goes on after this page, as a cursor made from its last item
     */
    static <T> @Nullable String next(Page<T> page, Function<T, String> cursor) {
        return page.more() ? cursor.apply(page.items().getLast()) : null;
    }
}
