package ai.konko.security;

import ai.konko.RecentCache;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.util.UUID;

/**
 * Whose a chat is. That never changes, so it is remembered if the log would have to wait for it.
 */
@Singleton
public class Ownership {
    private static final int REMEMBERED = 100_000;

    private final ChatRepository repository;
    private final RecentCache<UUID, Owner> owners = RecentCache.ofMost(REMEMBERED);

    Ownership(ChatRepository repository) {
        this.repository = repository;
    }

    /** Whether the chat's owner is known without waiting for the log. */
    public boolean isKnownAtOnce(UUID chatId) {
        return !repository.blocks() || owners.get(chatId) != null;
    }

    /**
     * @throws RefusedException {@link ErrorCode#CHAT_NOT_FOUND} if it is somebody else's, or
     *     nobody's
     */
    public void require(Owner caller, UUID chatId) {
        Owner owner = repository.blocks() ? remembered(chatId) : repository.owner(chatId);
        if (!owner.equals(caller)) {
            throw RefusedException.chatNotFound();
        }
    }

    private Owner remembered(UUID chatId) {
        Owner known = owners.get(chatId);
        if (known == null) {
            known = repository.owner(chatId);
            owners.put(chatId, known);
        }
        return known;
    }
}
