package ai.konko.chat;

import java.util.OptionalInt;

/** Limits for tests. */
public record TestLimits(
        int chats,
        int messagesPerChat,
        long storedCharacters,
        int waitingTurns,
        int turnsInFlight,
        int messageCharacters,
        int instructionsCharacters)
        implements ChatLimits {

    public static final TestLimits WIDE =
            new TestLimits(100_000, 100_000, 1L << 40, 16, 20_000, 32_768, 32_768);

    public TestLimits withChats(int most) {
        return new TestLimits(
                most,
                messagesPerChat,
                storedCharacters,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                instructionsCharacters);
    }

    public TestLimits withMessagesPerChat(int most) {
        return new TestLimits(
                chats,
                most,
                storedCharacters,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                instructionsCharacters);
    }

    public TestLimits withStoredCharacters(long most) {
        return new TestLimits(
                chats,
                messagesPerChat,
                most,
                waitingTurns,
                turnsInFlight,
                messageCharacters,
                instructionsCharacters);
    }

    public TestLimits withWaitingTurns(int most) {
        return new TestLimits(
                chats,
                messagesPerChat,
                storedCharacters,
                most,
                turnsInFlight,
                messageCharacters,
                instructionsCharacters);
    }

    @Override
    public OptionalInt turnsInFlightPerOwner() {
        return OptionalInt.empty();
    }

    @Override
    public int queuedTurns() {
        return turnsInFlight;
    }
}
