package ai.konko.chat;

import java.util.OptionalInt;
import java.util.OptionalLong;

/** Limits for tests. */
public record TestLimits(
        int chats,
        int messagesPerChat,
        long storedCharacters,
        int waitingTurns,
        int turnsInFlight,
        int messageCharacters,
        int outputCharacters,
        int instructionsCharacters,
        int replyCharacters,
        OptionalLong charactersInFlight,
        int attachmentsPerChat,
        OptionalLong storedBytes)
        implements ChatLimits {

    public static final TestLimits WIDE =
            new TestLimits(
                    100_000,
                    100_000,
                    1L << 40,
                    16,
                    20_000,
                    32_768,
                    262_144,
                    32_768,
                    1_000_000,
                    OptionalLong.empty(),
                    200,
                    OptionalLong.of(1L << 30));

    public TestLimits withChats(int most) {
        return new TestLimits(
                most,
                messagesPerChat,
                storedCharacters,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                outputCharacters,
                instructionsCharacters,
                replyCharacters,
                charactersInFlight,
                attachmentsPerChat,
                storedBytes);
    }

    public TestLimits withMessagesPerChat(int most) {
        return new TestLimits(
                chats,
                most,
                storedCharacters,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                outputCharacters,
                instructionsCharacters,
                replyCharacters,
                charactersInFlight,
                attachmentsPerChat,
                storedBytes);
    }

    public TestLimits withStoredCharacters(long most) {
        return new TestLimits(
                chats,
                messagesPerChat,
                most,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                outputCharacters,
                instructionsCharacters,
                replyCharacters,
                charactersInFlight,
                attachmentsPerChat,
                storedBytes);
    }

    public TestLimits withWaitingTurns(int most) {
        return new TestLimits(
                chats,
                messagesPerChat,
                storedCharacters,
                most,
                turnsInFlight,
                messageCharacters,
                outputCharacters,
                instructionsCharacters,
                replyCharacters,
                charactersInFlight,
                attachmentsPerChat,
                storedBytes);
    }

    public TestLimits withTurnsInFlight(int most) {
        return new TestLimits(
                chats,
                messagesPerChat,
                storedCharacters,
                waitingTurns,
                most,
                messageCharacters,
                outputCharacters,
                instructionsCharacters,
                replyCharacters,
                charactersInFlight,
                attachmentsPerChat,
                storedBytes);
    }

    /** At most so much text in a reply, and in all that are under way. */
    public TestLimits withReplies(int each, long all) {
        return new TestLimits(
                chats,
                messagesPerChat,
                storedCharacters,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                outputCharacters,
                instructionsCharacters,
                each,
                OptionalLong.of(all),
                attachmentsPerChat,
                storedBytes);
    }

    /** At most so many attachments in a chat, and so many bytes of them in all. */
    public TestLimits withAttachments(int perChat, long bytes) {
        return new TestLimits(
                chats,
                messagesPerChat,
                storedCharacters,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                outputCharacters,
                instructionsCharacters,
                replyCharacters,
                charactersInFlight,
                perChat,
                OptionalLong.of(bytes));
    }

    @Override
    public OptionalInt turnsInFlightPerOwner() {
        return OptionalInt.empty();
    }

    @Override
    public OptionalLong bytesInFlight() {
        return OptionalLong.of(1 << 20);
    }

    @Override
    public int queuedTurns() {
        return turnsInFlight;
    }
}
