package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PageTest {
    private static List<Chat> chats(int count, int characters) {
        Settings settings = new Settings(null, "x".repeat(characters), null, Map.of());
        return IntStream.range(0, count)
                .mapToObj(
                        i ->
                                new Chat(
                                        new UUID(0, i),
                                        settings,
                                        false,
                                        false,
                                        0,
                                        null,
                                        null,
                                        Instant.EPOCH,
                                        Instant.EPOCH))
                .toList();
    }

    @Test
    void of_longItems_endsWithTheOneThatIsTooMuch() {
        Page<Chat> page = Page.of(chats(11, 1 << 20), 10);

        assertThat(page.items()).hasSize(5);
        assertThat(page.more()).isTrue();
    }

    @Test
    void of_shortItems_endsAtItsLimit() {
        assertThat(Page.of(chats(11, 10), 10).items()).hasSize(10);
        assertThat(Page.of(chats(11, 10), 10).more()).isTrue();
        assertThat(Page.of(chats(10, 10), 10).more()).isFalse();
    }

    @Test
    void of_oneItem_hasItHoweverLongItIs() {
        Page<Chat> page = Page.of(chats(1, 5 << 20), 10);

        assertThat(page.items()).hasSize(1);
        assertThat(page.more()).isFalse();
    }
}
