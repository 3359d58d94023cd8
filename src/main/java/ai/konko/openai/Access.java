package ai.konko.openai;

import ai.konko.chat.Attachment;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Role;
import ai.konko.http.Caller;
import ai.konko.security.Ownership;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Finds what a caller owns. Anything else does not exist for it, whether it is somebody's or
 * nobody's.
 */
@ApplicationScoped
class Access {
    private final Ownership ownership;
    private final ChatRepository repository;

    Access(Ownership ownership, ChatRepository repository) {
        this.ownership = ownership;
        this.repository = repository;
    }

    /**
     * @return the caller's chat that is this conversation
     */
    UUID conversation(RoutingContext request, String id) {
        UUID chatId = Ids.chat(id);
        requireOwner(request, chatId, Ids::conversationNotFound);
        return chatId;
    }

    /**
     * @return the reply, in one of the caller's chats, that is this response
     */
    Message response(RoutingContext request, String id) {
        Ids.Reply wanted = Ids.reply(id);
        requireOwner(request, wanted.chatId(), Ids::responseNotFound);
        Message reply =
                found(
                        () -> repository.message(wanted.chatId(), wanted.replyId()),
                        Ids::responseNotFound);
        if (reply.role() != Role.ASSISTANT || (reply.unanswered() && reply.items().isEmpty())) {
            throw Ids.responseNotFound();
        }
        return reply;
    }

    /**
     * @return the same, as what a request goes on from
     */
    Message previous(RoutingContext request, String id) {
        return found(
                () -> response(request, id),
                () -> RefusedException.previousNotFound("previous_response_id"));
    }

    /** A chat completion that is kept, and the chat that was made for it. */
    record FoundCompletion(Chat chat, Message reply) {}

    /**
     * @return the completion, once it is whole, that is one of the caller's chats
     */
    FoundCompletion completion(RoutingContext request, String id) {
        Ids.Reply wanted = Ids.completionReply(id);
        requireOwner(request, wanted.chatId(), Ids::completionNotFound);
        return found(
                () -> {
                    Chat chat = repository.chat(wanted.chatId());
                    Message reply = repository.message(wanted.chatId(), wanted.replyId());
                    if (!Integer.valueOf(reply.seq()).equals(chat.completion())
                            || !reply.isWhole()) {
                        throw Ids.completionNotFound();
                    }
                    return new FoundCompletion(chat, reply);
                },
                Ids::completionNotFound);
    }

    /** An item, and the message that it is of. */
    record FoundItem(Message message, ItemView view) {}

    /**
     * @param chatId one of the caller's chats
     * @return the item of that chat
     */
    FoundItem item(UUID chatId, String id) {
        Ids.ItemId wanted = Ids.item(id);
        if (wanted.chatId() != null && !wanted.chatId().equals(chatId)) {
            throw Ids.itemNotFound();
        }
        Message message =
                found(() -> repository.message(chatId, wanted.messageId()), Ids::itemNotFound);
        return ItemView.of(message).stream()
                .filter(each -> each.id().equals(wanted.in(chatId)))
                .findFirst()
                .map(view -> new FoundItem(message, view))
                .orElseThrow(Ids::itemNotFound);
    }

    /**
     * Erases an item for good.
     *
     * @param chatId one of the caller's chats
     */
    void erase(UUID chatId, String id) {
        Message message = item(chatId, id).message();
        Set<Integer> places = ItemView.places(message, Ids.item(id));
        Message _ =
                found(
                        () -> repository.erase(chatId, message.id(), message.attempt(), places),
                        Ids::itemNotFound);
    }

    /**
     * @return the item of one of the caller's chats
     */
    FoundItem item(RoutingContext request, String id) {
        UUID chatId = Ids.item(id).chatId();
        if (chatId == null) {
            throw Ids.itemNotFound();
        }
        requireOwner(request, chatId, Ids::itemNotFound);
        return item(chatId, id);
    }

    /**
     * @return the attachment of one of the caller's chats
     */
    Attachment attachment(RoutingContext request, UUID chatId, String id) {
        requireOwner(request, chatId, RefusedException::attachmentNotFound);
        return repository.attachment(chatId, id);
    }

    private void requireOwner(
            RoutingContext request, UUID chatId, Supplier<RefusedException> unknown) {
        boolean _ =
                found(
                        () -> {
                            ownership.require(Caller.of(request), chatId);
                            return true;
                        },
                        unknown);
    }

    private static <T> T found(Supplier<T> search, Supplier<RefusedException> unknown) {
        try {
            return search.get();
        } catch (RefusedException refused) {
            throw refused.code() == ErrorCode.CHAT_NOT_FOUND
                            || refused.code() == ErrorCode.MESSAGE_NOT_FOUND
                    ? unknown.get()
                    : refused;
        }
    }
}
