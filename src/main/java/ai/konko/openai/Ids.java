package ai.konko.openai;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import java.util.Arrays;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Ids on the wire: a prefix that says what it is, and UUIDs without dashes. Capitals make no
 * difference. The ids of responses and items contain their chat's, so that the chat need not be
 * searched for.
 */
final class Ids {
    private static final String UUID_DIGITS = "([0-9a-fA-F]{32})";
    private static final Pattern CONVERSATION = Pattern.compile("conv_" + UUID_DIGITS);
    private static final Pattern RESPONSE = Pattern.compile("resp_" + UUID_DIGITS + UUID_DIGITS);

    private static final Pattern COMPLETION =
            Pattern.compile("chatcmpl-" + UUID_DIGITS + UUID_DIGITS);

    private static final Pattern COMPLETION_MESSAGE =
            Pattern.compile(COMPLETION + "-([1-9][0-9]{0,5})(?:_[1-9][0-9]{0,5})?");

    /** Ids of messages were once without the chat's; they are still taken. */
    private static final Pattern ITEM =
            Pattern.compile(
                    "(msg|rs|fc|fco)_"
                            + UUID_DIGITS
                            + "?"
                            + UUID_DIGITS
                            + "(?:_([1-9][0-9]{0,5}))?");

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

    /**
     * A message before a completion.
     *
     * @param number how many the message at this place of the log has before it
     */
    static String of(Message completion, int seq, int number) {
        return completion(completion) + "-" + seq + (number == 0 ? "" : "_" + number);
    }

    /**
     * @return the place in the log of a message before a completion
     */
    static int seq(String id) {
        Matcher matcher = COMPLETION_MESSAGE.matcher(id);
        if (!matcher.matches()) {
            throw RefusedException.messageNotFound();
        }
        return Integer.parseInt(matcher.group(3));
    }

    /**
     * An item as what it is of a message. Several items of a kind have numbers, the first one has
     * none. They stay the same while the message grows.
     *
     * @param chatId absent in ids as they once were
     * @param number how many items of this kind the message has before it
     */
    record ItemId(@Nullable UUID chatId, UUID messageId, Kind kind, int number) {

        /** The same id as it is given now. */
        String in(UUID chat) {
            return kind.id(chat, messageId, number);
        }
    }

    /** What kind of item an id is of. */
    enum Kind {
        MESSAGE("msg"),
        REASONING("rs"),
        CALL("fc"),
        OUTPUT("fco");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        /**
         * @param number how many items of this kind the message has before it
         */
        String of(Message message, int number) {
            return id(message.chatId(), message.id(), number);
        }

        private String id(UUID chat, UUID message, int number) {
            return prefix
                    + "_"
                    + digits(chat)
                    + digits(message)
                    + (number == 0 ? "" : "_" + number);
        }
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

    static Reply completionReply(String id) {
        Matcher matcher = COMPLETION.matcher(id);
        if (!matcher.matches()) {
            throw completionNotFound();
        }
        return new Reply(uuid(matcher.group(1)), uuid(matcher.group(2)));
    }

    static ItemId item(String id) {
        Matcher matcher = ITEM.matcher(id);
        if (!matcher.matches()) {
            throw itemNotFound();
        }
        String chat = matcher.group(2);
        String number = matcher.group(4);
        return new ItemId(
                chat == null ? null : uuid(chat),
                uuid(matcher.group(3)),
                kind(matcher.group(1)),
                number == null ? 0 : Integer.parseInt(number));
    }

    private static Kind kind(String prefix) {
        return Arrays.stream(Kind.values())
                .filter(each -> each.prefix.equals(prefix))
                .findFirst()
                .orElseThrow();
    }

    static RefusedException conversationNotFound() {
        return RefusedException.of(ErrorCode.CHAT_NOT_FOUND, "There is no such conversation.");
    }

    static RefusedException responseNotFound() {
        return RefusedException.of(ErrorCode.MESSAGE_NOT_FOUND, "There is no such response.");
    }

    static RefusedException completionNotFound() {
        return RefusedException.of(ErrorCode.MESSAGE_NOT_FOUND, "There is no such completion.");
    }

    static RefusedException itemNotFound() {
        return RefusedException.of(ErrorCode.MESSAGE_NOT_FOUND, "There is no such item.");
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
