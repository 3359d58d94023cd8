package ai.konko.chat;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A chat to be made.
 *
 * @param completion see {@link Chat}
 * @param request that it is made for; null if that can't be repeated
 * @param copied what it gets of another chat
 */
public record NewChat(
        Owner owner,
        Settings settings,
        @Nullable Integer completion,
        @Nullable RepeatableRequest request,
        @Nullable Copied copied) {

    public NewChat(
            Owner owner,
            Settings settings,
            @Nullable Integer completion,
            @Nullable RepeatableRequest request) {
        this(owner, settings, completion, request, null);
    }

    /**
     * Attachments of a chat, which turns that are copied from it need.
     *
     * @param chatId the chat that has them
     * @param ids those of the attachments
     */
    public record Copied(UUID chatId, Set<String> ids) {
        public Copied {
            ids = Set.copyOf(ids);
        }
    }
}
