package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.assistant.Prompt.Said;
import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Options;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.TestLimits;
import ai.konko.chat.WhenBusy;
import ai.konko.store.memory.InMemoryChatRepository;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PromptsTest {
    private static final Options OWN_INSTRUCTIONS =
            new Options(
                    "own", "Be long.", Map.of("seed", 1), Map.of(), null, 0, false, false, false);

    private final ChatRepository repository =
            new InMemoryChatRepository(
                    TestLimits.WIDE, Clock.systemUTC(), new GrowingIds(Clock.systemUTC()));
    private final ContextWindow window =
            new ContextWindow(repository, new Bounds(40, 8000), new Tokens());
    private final Prompts prompts =
            new Prompts(
                    repository,
                    window,
                    new ModelEndpoint(
                            ModelAddress.of("http://unused"),
                            Optional.empty(),
                            Optional.empty(),
                            "m"));
    private final UUID chat =
            repository
                    .create(Owner.ANONYMOUS, new Settings(null, "Be short.", null, Map.of()))
                    .id();

    private record Bounds(int maxMessages, int maxTokens) implements MemoryConfig {}

    @Test
    void of_aTurn_isWhatTheContextShowedAndTheMessage() {
        repository.take(chat, List.of(replied("q1", "a1"), new PastTurn("q2", null, null)));
        List<String> shown = lines(window.next(chat).messages());
        repository.accept(chat, new Post("q3", WhenBusy.ENQUEUE, null, false));

        Prompt prompt = prompts.of(repository.start(chat, "m").orElseThrow(), new Cancellation());

        assertThat(shown)
                .containsExactly("system: Be short.", "user: q1", "assistant: a1", "user: q2");
        shown.add("user: q3");
        assertThat(lines(prompt.messages())).isEqualTo(shown);
        assertThat(prompt.chatId()).isEqualTo(chat);
        assertThat(prompt.model()).isEqualTo("m");
    }

    @Test
    void goingOn_fromAChat_hasTheTurnsOwnOptions() {
        repository.take(chat, List.of(replied("q1", "a1"), replied("q2", "a2")));

        Prompt prompt =
                prompts.goingOn(
                        chat, 3, List.of(replied("q3", "a3")), "q4", OWN_INSTRUCTIONS, true);

        assertThat(lines(prompt.messages()))
                .containsExactly(
                        "system: Be long.",
                        "user: q1",
                        "assistant: a1",
                        "user: q3",
                        "assistant: a3",
                        "user: q4");
        assertThat(prompt)
                .extracting(Prompt::chatId, Prompt::model, Prompt::parameters, Prompt::streamed)
                .containsExactly(null, "own", Map.of("seed", 1), true);
    }

    @Test
    void of_whatAClientGave_isThatInItsOrder() {
        Prompt prompt =
                prompts.of(
                        "m",
                        List.of(new Said(Speaker.USER, "q"), new Said(Speaker.SYSTEM, "Be kind.")),
                        Map.of(),
                        false);

        assertThat(lines(prompt.messages())).containsExactly("user: q", "system: Be kind.");
    }

    private static PastTurn replied(String message, String reply) {
        return new PastTurn(message, Outcome.ended(reply, FinishReason.STOP, null), null);
    }

    private static List<String> lines(List<ContextMessage> messages) {
        List<String> lines = new ArrayList<>();
        messages.forEach(each -> lines.add(each.role() + ": " + each.content()));
        return lines;
    }
}
