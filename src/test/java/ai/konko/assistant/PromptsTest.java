package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.assistant.Prompt.Said;
import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.Attachment;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Item;
import ai.konko.chat.Options;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.Started;
import ai.konko.chat.TestLimits;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Written;
import ai.konko.store.memory.InMemoryChatRepository;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
            new ContextWindow(repository, new Bounds(40, 8000, 1), new Tokens());
    private final NextPrompt next = new NextPrompt(repository, window, new Tokens());
    private final Prompts prompts = prompts(window);
    private final UUID chat =
            repository
                    .create(Owner.ANONYMOUS, new Settings(null, "Be short.", null, Map.of()))
                    .id();

    @Test
    void of_aTurn_isWhatTheContextShowedAndTheMessage() {
        repository.take(chat, List.of(replied("q1", "a1"), new PastTurn("q2", null, null)));
        List<String> shown = lines(next.of(chat).messages());
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
                        chat,
                        3,
                        List.of(replied("q3", "a3")),
                        new PastTurn("q4", null, null),
                        OWN_INSTRUCTIONS,
                        true);

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

    @Test
    void of_aTurnThatAnswersCalls_hasEachCallAndItsOutput() {
        post("q1", List.of());
        finish("Let me see.", call("a"), new Item.Reasoning(11, "hm"), call("b"));
        post("", List.of(output("b", "2"), output("a", "1")));

        Prompt prompt = prompts.of(started(), new Cancellation());

        assertThat(lines(prompt.messages()))
                .containsExactly(
                        "system: Be short.",
                        "user: q1",
                        "assistant: Let me see. [a, b]",
                        "tool a: 1",
                        "tool b: 2");
        assertThat(prompt.callIds()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void of_aTurnAfterCallsWithoutOutputs_saysWhatBecameOfThem() {
        post("q1", List.of());
        finish("", call("a"));
        List<String> shown = lines(next.of(chat).messages());
        post("q2", List.of());
        Started second = started();
        repository.finish(
                chat,
                second.turn().reply().id(),
                1,
                Outcome.brokenOff(
                        new Written("", List.of(call("b"))),
                        Failure.of(ErrorCode.MODEL_FAILED, "x")));
        post("q3", List.of());
        Started third = started();
        repository.finish(
                chat,
                third.turn().reply().id(),
                1,
                Outcome.cancelled(new Written("t", List.of(call("c")))));
        post("q4", List.of(new Item.Image(2, "https://x")));

        List<String> lines = lines(prompts.of(started(), new Cancellation()).messages());

        assertThat(lines).startsWith(shown.toArray(String[]::new));
        assertThat(lines.get(3)).startsWith("tool a: ").contains("went on without it");
        assertThat(lines.get(6)).startsWith("tool b: ").contains("nobody knows");
        assertThat(lines.get(9)).startsWith("tool c: ").contains("cancelled");
        assertThat(lines.getLast()).isEqualTo("user: q4 [https://x]");
    }

    @Test
    void goingOn_withOutputs_givesThemToTheCallsThatWait() {
        post("q1", List.of());
        finish("", call("a"));
        PastTurn between =
                new PastTurn(
                        "",
                        List.of(output("a", "1")),
                        Outcome.ended(
                                new Written("x", List.of(call("b"))), FinishReason.STOP, null),
                        null);

        Prompt prompt =
                prompts.goingOn(
                        chat,
                        3,
                        List.of(between),
                        new PastTurn("q2", List.of(output("b", "2")), null, null),
                        Options.NONE,
                        false);

        assertThat(lines(prompt.messages()))
                .containsExactly(
                        "system: Be short.",
                        "user: q1",
                        "assistant:  [a]",
                        "tool a: 1",
                        "assistant: x [b]",
                        "tool b: 2",
                        "user: q2");
        assertThat(prompt.callIds()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void goingOn_withAttachments_hasThoseOfTheChatAndItsOwn() {
        Attachment kept = image(1);
        Attachment brought = image(2);
        show(kept);
        finish("a");

        Prompt prompt =
                prompts.goingOn(
                        chat,
                        3,
                        List.of(),
                        new PastTurn("", items(brought), List.of(brought), null, null),
                        Options.NONE,
                        false);

        assertThat(prompt.attached().read(Set.of(kept.as().id(), brought.as().id())))
                .containsEntry(kept.as().id(), kept.bytes())
                .containsEntry(brought.as().id(), brought.bytes());
    }

    /** They are the newest that have room, and each older one is left out. */
    @Test
    void of_moreAttachmentsThanOneRequestTakes_leavesOutTheOldest() {
        int third = PromptMessages.MOST_ATTACHED / 3 + 1;
        Attachment shared = Attachment.of("image/png", null, new byte[third]);
        Attachment file = Attachment.of("text/plain", "a name", new byte[] {1});
        post("q0", List.of(new Item.File(2, file.as())));
        finish("a0");
        for (int i = 1; i < 3; i++) {
            show(shared);
            finish("a" + i);
        }
        post("q3", List.of(new Item.Image(1, null, shared.as())));

        List<ContextMessage> sent = prompts.of(started(), new Cancellation()).messages();

        assertThat(sent.stream().flatMap(each -> each.parts().stream()))
                .containsExactly(
                        new Item.Text(0, "q0"),
                        new Item.Text(2, "[file left out: a name]"),
                        new Item.Text(0, "[image left out]"),
                        new Item.Image(0, null, shared.as()),
                        new Item.Text(0, "q"),
                        new Item.Image(1, null, shared.as()),
                        new Item.Text(1, "3"));
    }

    @Test
    void of_moreAttachmentsThanOneRequestTakes_leavesRoomForMoreIfTheWindowIsCutToAPart() {
        int third = PromptMessages.MOST_ATTACHED / 3 + 1;
        Prompts halving =
                prompts(new ContextWindow(repository, new Bounds(40, 8000, 0.5), new Tokens()));
        List<List<ContextMessage>> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            show(Attachment.of("image/png", null, new byte[third]));
            Started started = started();
            sent.add(halving.of(started, new Cancellation()).messages());
            end(started, "a");
        }

        assertThat(sent.stream().map(PromptsTest::images)).containsExactly(1L, 2L, 1L, 2L, 1L);
        assertThat(parts(sent.get(1))).startsWith(parts(sent.get(0)).toArray(Item[]::new));
        assertThat(parts(sent.get(3))).startsWith(parts(sent.get(2)).toArray(Item[]::new));
    }

    /** Whatever turns are made of, and whatever becomes of their calls. */
    @Test
    void of_aTurn_beginsWithThePromptBeforeUntilTheWindowIsCut() {
        Prompts halving =
                prompts(new ContextWindow(repository, new Bounds(20, 8000, 0.5), new Tokens()));
        List<String> before = List.of();
        int cuts = 0;
        for (int i = 0; i < 60; i++) {
            boolean answers = i % 4 == 2;
            post(answers ? "" : "q" + i, said(i, answers));
            Started started = started();
            Prompt prompt = halving.of(started, new Cancellation());
            List<String> lines = lines(prompt.messages());
            cuts += prompt.seen().cutFrom() > 0 ? 1 : 0;
            assertThat(
                            prompt.seen().cutFrom() > 0
                                    || lines.subList(0, before.size()).equals(before))
                    .as("turn " + i)
                    .isTrue();
            Item[] calls = i % 4 == 1 || i % 4 == 3 ? new Item[] {call("c" + i)} : new Item[0];
            end(started, prompt.seen().cutFrom(), "a" + i, calls);
            before = lines;
        }

        assertThat(cuts).isBetween(8, 12);
    }

    /** Every second reply has a call: one is answered, the next is not. */
    private static List<Item> said(int i, boolean answers) {
        if (answers) {
            return List.of(output("c" + (i - 1), "o" + i));
        }
        return i % 4 == 0 ? List.of(new Item.Image(1, "https://x/" + i)) : List.of();
    }

    private static long images(List<ContextMessage> messages) {
        return parts(messages).stream().filter(Item.Image.class::isInstance).count();
    }

    private static List<Item> parts(List<ContextMessage> messages) {
        return messages.stream().flatMap(each -> each.parts().stream()).toList();
    }

    private void show(Attachment image) {
        repository.accept(
                chat,
                new Post("", items(image), WhenBusy.ENQUEUE, null, false, null, List.of(), null)
                        .with(List.of(image)));
    }

    private static Attachment image(int content) {
        return Attachment.of("image/png", null, new byte[] {(byte) content});
    }

    private static List<Item> items(Attachment image) {
        return List.of(new Item.Image(0, null, image.as()));
    }

    @Test
    void of_aTurnWithoutTools_doesNotReadTheIdsOfCalls() {
        post("q1", List.of());

        assertThat(prompts.of(started(), new Cancellation()).callIds()).isNull();
    }

    @Test
    void prompt_withACallWithoutItsOutput_isRefused() {
        ContextMessage reply = ContextMessage.of(Speaker.ASSISTANT, "x", List.of(call("a")));
        ContextMessage output = ContextMessage.ofOutput("a", "", null);
        ContextMessage other = ContextMessage.ofOutput("b", "", null);
        ContextMessage user = ContextMessage.of(Speaker.USER, "x");

        for (List<ContextMessage> bad :
                List.of(
                        List.of(reply),
                        List.of(reply, user),
                        List.of(reply, user, output),
                        List.of(reply, other),
                        List.of(reply, output, output),
                        List.of(output),
                        List.of(user, output))) {
            assertThatThrownBy(() -> new Prompt(null, "m", bad, Map.of(), false, null))
                    .isInstanceOf(IllegalStateException.class);
        }
        assertThat(new Prompt(null, "m", List.of(reply, output), Map.of(), false, null).lastText())
                .isNotBlank();
    }

    private void post(String content, List<Item> items) {
        repository.accept(
                chat,
                new Post(content, items, WhenBusy.ENQUEUE, null, false, null, List.of(), null));
    }

    private Started started() {
        return repository.start(chat, "m").orElseThrow();
    }

    private Prompts prompts(ContextWindow chosen) {
        ModelAddress address = ModelAddress.of("http://unused");
        return new Prompts(
                repository,
                chosen,
                new ModelEndpoint(address, Optional.empty(), Optional.empty(), "m"));
    }

    private void finish(String text, Item... items) {
        end(started(), text, items);
    }

    private void end(Started started, String text, Item... items) {
        end(started, 0, text, items);
    }

    private void end(Started started, int cutFrom, String text, Item... items) {
        repository.finish(
                chat,
                started.turn().reply().id(),
                1,
                Outcome.ended(new Written(text, List.of(items)), FinishReason.STOP, null)
                        .cutting(cutFrom, started.settings().memory()));
    }

    private static Item call(String id) {
        return Item.Call.open(0, id, "f", "{}");
    }

    private static Item output(String id, String output) {
        return new Item.Output(0, id, output, false);
    }

    private static PastTurn replied(String message, String reply) {
        return new PastTurn(message, Outcome.ended(reply, FinishReason.STOP, null), null);
    }

    private static List<String> lines(List<ContextMessage> messages) {
        List<String> lines = new ArrayList<>();
        for (ContextMessage each : messages) {
            List<String> items =
                    each.items().stream()
                            .map(
                                    item ->
                                            item instanceof Item.Call call
                                                    ? call.callId()
                                                    : ((Item.Image) item).url())
                            .toList();
            lines.add(
                    each.role()
                            + (each.callId() == null ? ": " : " " + each.callId() + ": ")
                            + each.content()
                            + (items.isEmpty() ? "" : " " + items));
        }
        return lines;
    }
}
