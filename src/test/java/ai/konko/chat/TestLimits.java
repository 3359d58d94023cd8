package ai.konko.chat;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Limits for tests. Nobody sees one change: each {@code with…} makes another. */
public final class TestLimits implements ChatLimits {
    public static final TestLimits WIDE = new TestLimits();

    private int chats = 100_000;
    private int messagesPerChat = 100_000;
    private long storedCharacters = 1L << 40;
    private int waitingTurns = 16;
    private int turnsInFlight = 20_000;
    private int replyCharacters = 1_000_000;
    private OptionalLong charactersInFlight = OptionalLong.empty();
    private int attachmentsPerChat = 200;
    private OptionalLong storedBytes = OptionalLong.of(1L << 30);

    private TestLimits() {}

    private TestLimits with(Consumer<TestLimits> change) {
        TestLimits copy = new TestLimits();
        copy.chats = chats;
        copy.messagesPerChat = messagesPerChat;
        copy.storedCharacters = storedCharacters;
        copy.waitingTurns = waitingTurns;
        copy.turnsInFlight = turnsInFlight;
        copy.replyCharacters = replyCharacters;
        copy.charactersInFlight = charactersInFlight;
        copy.attachmentsPerChat = attachmentsPerChat;
        copy.storedBytes = storedBytes;
        change.accept(copy);
        return copy;
    }

    public TestLimits withChats(int most) {
        return with(copy -> copy.chats = most);
    }

    public TestLimits withMessagesPerChat(int most) {
        return with(copy -> copy.messagesPerChat = most);
    }

    public TestLimits withStoredCharacters(long most) {
        return with(copy -> copy.storedCharacters = most);
    }

    public TestLimits withWaitingTurns(int most) {
        return with(copy -> copy.waitingTurns = most);
    }

    public TestLimits withTurnsInFlight(int most) {
        return with(copy -> copy.turnsInFlight = most);
    }

    /** At most so much text in a reply, and in all that are under way. */
    public TestLimits withReplies(int each, long all) {
        return with(
                copy -> {
                    copy.replyCharacters = each;
                    copy.charactersInFlight = OptionalLong.of(all);
                });
    }

    /** At most so many attachments in a chat, and so many bytes of them in all. */
    public TestLimits withAttachments(int perChat, long bytes) {
        return with(
                copy -> {
                    copy.attachmentsPerChat = perChat;
                    copy.storedBytes = OptionalLong.of(bytes);
                });
    }

    @Override
    public int chats() {
        return chats;
    }

    @Override
    public int messagesPerChat() {
        return messagesPerChat;
    }

    @Override
    public int attachmentsPerChat() {
        return attachmentsPerChat;
    }

    @Override
    public long storedCharacters() {
        return storedCharacters;
    }

    @Override
    public OptionalLong storedBytes() {
        return storedBytes;
    }

    @Override
    public int waitingTurns() {
        return waitingTurns;
    }

    @Override
    public int turnsInFlight() {
        return turnsInFlight;
    }

    @Override
    public OptionalInt turnsInFlightPerOwner() {
        return OptionalInt.empty();
    }

    @Override
    public int queuedTurns() {
        return turnsInFlight;
    }

    @Override
    public int replyCharacters() {
        return replyCharacters;
    }

    @Override
    public OptionalLong charactersInFlight() {
        return charactersInFlight;
    }

    @Override
    public OptionalLong bytesInFlight() {
        return OptionalLong.of(1 << 20);
    }

    @Override
    public int messageCharacters() {
        return 32_768;
    }

    @Override
    public int outputCharacters() {
        return 262_144;
    }

    @Override
    public int instructionsCharacters() {
        return 32_768;
    }
}
