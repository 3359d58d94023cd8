package ai.konko.openai;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ids on the wire: a prefix that says what it is, and UUIDs without dashes. Capitals make no
 * difference. A response's id contains its chat's, so that the chat need not be searched for.
 */
final class Ids {
    private static final String UUID_DIGITS = "([0-9a-fA-F]{32})";
    private static final Pattern CONVERSATION = Pattern.compile("conv_" + UUID_DIGITS);
    private static final Pattern RESPONSE = Pattern.compile("resp_" + UUID_DIGITS + UUID_DIGITS);
    private static final Pattern ITEM = Pattern.compile("msg_" + UUID_DIGITS);

    private Ids() {}

    /**
     * A response as the reply that it is.
     *
     * @param replyId the reply's id
     */
    record Reply(UUID chatId, UUID replyId) {
        static Reply of(Message reply) {
            return new Reply(reply.chatId(), reply.id());
        }
    }

    static String conversation(UUID chatId) {
        return "conv_" + digits(chatId);
    }

    static String response(Message reply) {
        return "resp_" + digits(reply.chatId()) + digits(reply.id());
    }

    static String completion(Message reply) {
        return "chatcmpl-" + digits(reply.chatId()) + digits(reply.id());
    }

    static String item(Message message) {
        return "msg_" + digits(message.id());
    }

    static UUID chat(String id) {
        Matcher matcher = CONVERSATION.matcher(id);
        if (!matcher.matches()) {
            throw conversationNotFound();
        }
        return uuid(matcher.group(1));
    }

    static Reply reply(String id) {
        Matcher matcher = RESPONSE.matcher(id);
        if (!matcher.matches()) {
            throw responseNotFound();
        }
        return new Reply(uuid(matcher.group(1)), uuid(matcher.group(2)));
    }

    static UUID message(String id) {
        Matcher matcher = ITEM.matcher(id);
        if (!matcher.matches()) {
            throw itemNotFound();
        }
        return uuid(matcher.group(1));
    }

    static RefusedException conversationNotFound() {
        return RefusedException.of(ErrorCode.CHAT_NOT_FOUND, "There is no such conversation.");
    }

    static RefusedException responseNotFound() {
        return RefusedException.of(ErrorCode.MESSAGE_NOT_FOUND, "There is no such response.");
    }

    static RefusedException itemNotFound() {
        return RefusedException.of(
                ErrorCode.MESSAGE_NOT_FOUND, "There is no such item in this conversation.");
    }

    private static String digits(UUID id) {
        return id.toString().replace("-", "");
    }

    private static UUID uuid(String digits) {
        return new UUID(
                Long.parseUnsignedLong(digits, 0, 16, 16),
                Long.parseUnsignedLong(digits, 16, 32, 16));
    }
}
