package ai.konko.api;

import ai.konko.chat.Page;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Pages on the wire. */
final class PageView {
    private static final String NEXT = "Where the list goes on; null at its end.";

    private PageView() {}

    /** A page of chats. */
    @RegisterForReflection
    @Schema(
            name = "ChatPage",
            requiredProperties = {"data", "nextCursor"})
    record Chats(
            List<ChatView> data,
            @Schema(description = NEXT, nullable = true) @Nullable String nextCursor) {}

    /** A page of messages. */
    @RegisterForReflection
    @Schema(
            name = "MessagePage",
            requiredProperties = {"data", "nextCursor"})
    record Messages(
            List<MessageView> data,
            @Schema(description = NEXT, nullable = true) @Nullable String nextCursor) {}

    /**
     * @return where the list goes on after this page, as a cursor made from its last item
     */
    static <T> @Nullable String next(Page<T> page, Function<T, String> cursor) {
        return page.more() ? cursor.apply(page.items().getLast()) : null;
    }
}
