package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Highlights;
import ai.konko.chat.Item;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Settings;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Written;
import ai.konko.store.memory.InMemoryChatRepository;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HighlightFinderTest {
    private static final Owner ADA = new Owner("ada");

    private final ChatRepository repository =
            new InMemoryChatRepository(
                    TestLimits.WIDE, Clock.systemUTC(), new GrowingIds(Clock.systemUTC()));
    private final List<Owner> charged = new ArrayList<>();
    private String transcript = "";

    @Test
    void find_chargesTheModelsTextToTheChatsOwner() {
        Chat chat = repository.create(ADA, Settings.NONE);
        repository.take(
                chat.id(),
                List.of(
                        new PastTurn(
                                "What is it?",
                                Outcome.ended("It is a test.", FinishReason.STOP, null),
                                null)));

        Highlights found = finder().find(chat, 2, 3);

        assertThat(charged).containsExactly(ADA);
        assertThat(found.by()).isEqualTo(Highlights.By.EXTRACT);
    }

    @Test
    void find_ofMessagesWithoutText_readsTheOthersAlone() {
        Chat chat = repository.create(ADA, Settings.NONE);
        List<Item> call = List.of(Item.Call.open(0, "c", "f", "{}"));
        repository.take(
                chat.id(),
                List.of(
                        new PastTurn(
                                "What is it?",
                                Outcome.ended(new Written("", call), FinishReason.STOP, null),
                                null)));

        Highlights found = finder().find(chat, 2, 3);

        assertThat(transcript).doesNotContain("[2]").contains("[1] user: What is it?");
        assertThat(found.points()).extracting(Highlights.Point::text).containsOnly("What is it?");
    }

    private HighlightFinder finder() {
        Highlighter noting =
                given -> {
                    transcript = given;
                    charged.add(ServiceCall.parameters().allowance().owner());
                    return new Highlighter.Found(List.of());
                };
        ModelConfig config =
                new SmallRyeConfigBuilder()
                        .addDiscoveredConverters()
                        .withMapping(ModelConfig.class)
                        .build()
                        .getConfigMapping(ModelConfig.class);
        ModelEndpoint endpoint =
                new ModelEndpoint(
                        ModelAddress.of("http://unused"), Optional.empty(), Optional.empty(), "m");
        return new HighlightFinder(
                repository,
                noting,
                config,
                new Prompts(
                        repository,
                        new ContextWindow(repository, new Bounds(40, 8000, 1), new Tokens()),
                        endpoint),
                new TextInFlight(TestLimits.WIDE));
    }
}
