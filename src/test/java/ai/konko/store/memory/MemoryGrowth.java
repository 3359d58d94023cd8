package ai.konko.store.memory;

import ai.konko.bench.Growth;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Owner;
import ai.konko.chat.Settings;
import ai.konko.chat.TestLimits;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;

/** What the log in memory costs when it is large. */
public final class MemoryGrowth implements Growth.Store {
    private MemoryGrowth() {}

    public static void main(String... none) {
        new Growth(100_000, 10_000, 2000, 100_000).of("in memory", new MemoryGrowth());
    }

    @Override
    public ChatRepository log(int chats) {
        ChatRepository log =
                new InMemoryChatRepository(
                        TestLimits.WIDE
                                .withChats(Integer.MAX_VALUE)
                                .withMessagesPerChat(Integer.MAX_VALUE - 2),
                        Clock.systemUTC(),
                        new GrowingIds(Clock.systemUTC()));
        for (int i = 0; i < chats; i++) {
            log.create(
                    Owner.ANONYMOUS, new Settings("chat " + i + " of many", null, null, Map.of()));
        }
        return log;
    }

    @Override
    public UUID chat(ChatRepository log, int messages) {
        UUID chat = log.create(Owner.ANONYMOUS, Settings.NONE).id();
        for (int i = 0; i < messages; i += 2) {
            Growth.turn(log, chat);
        }
        return chat;
    }
}
