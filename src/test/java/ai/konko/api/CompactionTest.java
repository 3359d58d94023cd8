package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Summaries of what a chat's window leaves out, over HTTP. */
@QuarkusTest
class CompactionTest extends HttpTest {
    /** A message as the summarizer is told of it: its number, who says it, and what. */
    private static final Pattern TOLD = Pattern.compile("(?m)^\\[(\\d+)] (user|assistant): (.*)$");

    private final AtomicReference<Function<Call, Reply>> summarizer = new AtomicReference<>();

    /** It keeps what it is told to keep: every message of the user, with its number. */
    @BeforeEach
    void aSummarizer() {
        summarizer.set(call -> Reply.text(summaryOf(call)).usage(90, 9));
        model.answer(
                call ->
                        isForSummary(call)
                                ? summarizer.get().apply(call)
                                : Reply.text("reply to: " + call.lastUser()));
    }

    @Test
    void windowThatFills_isCutWhereTheSummaryEnds_thatWasMadeBefore() {
        String chat = compacting(8);
        List<String> asked = new ArrayList<>();

        for (int i = 1; i <= 12; i++) {
            asked.add("fact " + i);
            say(chat, i);
        }

        List<Call> turns = model.calls().stream().filter(each -> !isForSummary(each)).toList();
        assertThat(turns).hasSize(12);
        for (int i = 1; i < 12; i++) {
            Call prompt = turns.get(i);
            String all =
                    prompt.messages().stream()
                            .map(Message::content)
                            .collect(Collectors.joining("\n"));
            assertThat(all).as("nothing is forgotten").contains(asked.subList(0, i + 1));
            assertThat(prompt.messages().size()).isLessThanOrEqualTo(9);
        }
        assertThat(repeats(turns)).as("prompts that begin with the one before").isGreaterThan(6);
        JsonNode context = client.get(chat + "/context").json();
        JsonNode summary = context.path("summary");
        assertThat(summary.path("text").asText()).contains("fact 1 [1]");
        assertThat(fields(summary)).containsExactly("throughSeq", "text", "model", "createdAt");
        assertThat(context.path("compaction").asText()).isEqualTo("summary");
        assertThat(context.path("messages").path(0).path("role").asText()).isEqualTo("system");
        assertThat(context.path("messages").path(0).path("content").asText())
                .contains(summary.path("text").asText());
        assertThat(context.path("excluded").findValuesAsText("reason")).containsOnly("summarized");
        assertThat(context.path("excluded")).hasSize(summary.path("throughSeq").asInt());
        assertThat(context.path("windowFrom").asInt())
                .isEqualTo(summary.path("throughSeq").asInt() + 1);
        assertThat(client.messages(chat)).as("none enters the log").hasSize(24);
    }

    @Test
    void summaries_areAllThere_eachOfTheNextRange() {
        String chat = compacting(8);
        for (int i = 1; i <= 12; i++) {
            say(chat, i);
        }

        JsonNode all = client.get(chat + "/summaries").json().path("data");
        JsonNode first = client.get(chat + "/summaries?limit=1").json();
        JsonNode rest =
                client.get(
                                chat
                                        + "/summaries?limit=100&cursor="
                                        + first.path("nextCursor").asText())
                        .json();

        assertThat(all.size()).isGreaterThan(2);
        List<Integer> through = new ArrayList<>();
        all.forEach(each -> through.add(each.path("throughSeq").asInt()));
        assertThat(through).isSortedAccordingTo((a, b) -> b - a).doesNotHaveDuplicates();
        assertThat(all.path(0).path("usage").path("totalTokens").asInt()).isEqualTo(99);
        assertThat(first.path("data").path(0)).isEqualTo(all.path(0));
        assertThat(rest.path("data")).hasSize(all.size() - 1);
        assertThat(rest.path("nextCursor").isNull()).isTrue();
        List<String> materials =
                model.calls().stream()
                        .filter(CompactionTest::isForSummary)
                        .map(Call::lastUser)
                        .toList();
        assertThat(materials).hasSize(all.size());
        assertThat(materials.getLast())
                .as("the summary so far, and only what comes next")
                .contains(all.path(1).path("text").asText())
                .doesNotContain("[1] user:");
        assertThat(client.get(chat + "/summaries?cursor=x").code()).isEqualTo("invalid");
    }

    @Test
    void compact_makesASummaryAtOnce_andTheNextPromptHasIt() {
        String chat = "/chats/" + client.post("/chats", "{\"instructions\": \"Be brief.\"}").id();
        for (int i = 1; i <= 4; i++) {
            client.say(chat, "fact " + i);
        }

        Answer made = client.post(chat + "/compact", "");

        assertThat(made.status()).as(made.text()).isEqualTo(200);
        assertThat(made.json().path("throughSeq").asInt()).isEqualTo(4);
        assertThat(made.json().path("text").asText()).contains("fact 1 [1]", "fact 2 [3]");
        client.say(chat, "and now?");
        List<Message> prompt = model.calls().getLast().messages();
        assertThat(prompt)
                .extracting(Message::role)
                .containsExactly(
                        "system", "system", "user", "assistant", "user", "assistant", "user");
        assertThat(prompt.get(0).content()).isEqualTo("Be brief.");
        assertThat(prompt.get(1).content()).contains("fact 2 [3]");
        assertThat(prompt.get(2).content()).isEqualTo("fact 3");
        assertThat(client.get(chat + "/context").json().path("windowFrom").asInt()).isEqualTo(5);
        assertThat(client.get("/q/metrics", "Accept", "text/plain").text())
                .containsPattern("konko_memory_compactions_total\\{outcome=\"kept\",?} [1-9]");
    }

    @Test
    void compact_ofAWindowThatKeepsAll_takesInOneTurn() {
        String chat = "/chats/" + client.post("/chats", "{\"memory\": {\"keep\": 1}}").id();
        client.say(chat, "fact 1");
        client.say(chat, "fact 2");

        assertThat(client.post(chat + "/compact", "").json().path("throughSeq").asInt())
                .isEqualTo(2);
    }

    @Test
    void compact_withOneTurn_hasNothingToDo() {
        String chat = client.chat();
        assertThat(client.post(chat + "/compact", "").code()).isEqualTo("nothing-to-compact");
        client.say(chat, "hello");

        Answer refused = client.post(chat + "/compact", "");

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.code()).isEqualTo("nothing-to-compact");
        assertThat(client.post("/chats/nope/compact", "").code()).isEqualTo("chat-not-found");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "failed   | 500",
                "unusable | ''",
                "unusable | I'm sorry, I can't help with that.",
                "unusable | cut off [1]",
                "unusable | too long [1]",
                "unusable | It rests on a message that there is not [99].",
            })
    void answerOfNoUse_leavesTheWindowAsItWas(String outcome, String answer) {
        String chat = compacting(8);
        summarizer.set(
                _ ->
                        switch (answer) {
                            case "500" -> Reply.status(500, "{}", Map.of());
                            case "cut off [1]" -> Reply.text(answer).finish("length");
                            case "too long [1]" -> Reply.text(answer + " word".repeat(2000));
                            default -> Reply.text(answer);
                        });
        for (int i = 1; i <= 6; i++) {
            client.say(chat, "fact " + i);
        }

        Answer refused = client.post(chat + "/compact", "");

        assertThat(refused.status()).isEqualTo(502);
        assertThat(refused.code()).isEqualTo("model-failed");
        assertThat(client.get(chat + "/summaries").json().path("data")).isEmpty();
        JsonNode context = client.get(chat + "/context").json();
        assertThat(context.has("summary")).isFalse();
        assertThat(context.path("excluded").findValuesAsText("reason")).containsOnly("window");
        assertThat(client.get("/q/metrics", "Accept", "text/plain").text())
                .containsPattern(
                        "konko_memory_compactions_total\\{outcome=\"" + outcome + "\",?} [1-9]");
        summarizer.set(call -> Reply.text(summaryOf(call)));
        client.say(chat, "fact 7");
        await("tried again at the next turn").until(() -> newest(chat) > 0);
    }

    @Test
    void erasedWhileItsSummaryIsBeingMade_noSummaryTellsOfIt() {
        String chat = client.chat();
        for (int i = 1; i <= 4; i++) {
            client.say(chat, "fact " + i);
        }
        CompletableFuture<Void> gate = new CompletableFuture<>();
        summarizer.set(call -> Reply.text(summaryOf(call)).gate(gate));
        CompletableFuture<Answer> late = client.postLater(chat + "/compact", "");
        await().until(() -> model.inFlight() == 1);
        String conversation = "/v1/conversations/conv_" + chat.substring(7).replace("-", "");
        JsonNode items = client.get(conversation + "/items?order=asc").json().path("data");
        String first = items.path(0).path("id").asText();
        assertThat(client.delete(conversation + "/items/" + first).status()).isEqualTo(200);

        gate.complete(null);

        assertThat(late.join().code()).isEqualTo("chat-busy");
        assertThat(client.get(chat + "/summaries").json().path("data")).isEmpty();
        summarizer.set(call -> Reply.text(summaryOf(call)));
        String made = client.post(chat + "/compact", "").text();
        assertThat(made).contains("fact 2").doesNotContain("fact 1");
    }

    @Test
    void erased_isToldNoMore_becauseItsSummaryIsMadeAnew() {
        String chat = compacting(8);
        for (int i = 1; i <= 9; i++) {
            say(chat, i);
        }
        assertThat(newest(chat)).isEqualTo(16);
        String conversation = "/v1/conversations/conv_" + chat.substring(7).replace("-", "");
        JsonNode items = client.get(conversation + "/items?order=asc").json().path("data");

        client.delete(conversation + "/items/" + items.path(0).path("id").asText());

        await().until(() -> newest(chat) == 16);
        JsonNode all = client.get(chat + "/summaries").json().path("data");
        assertThat(all).hasSize(1);
        assertThat(all.toString()).doesNotContain("fact 1 ").contains("fact 2 [3]", "fact 8 [15]");
        assertThat(model.calls().getLast().lastUser())
                .as("from the log")
                .doesNotContain("The summary so far");
    }

    @Test
    void turnsDoNotWaitForASummary_andItsUseCountsByItself() {
        String chat = compacting(8);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        summarizer.set(call -> Reply.text(summaryOf(call)).usage(90, 9).gate(gate));

        for (int i = 1; i <= 7; i++) {
            assertThat(client.say(chat, "fact " + i).status()).isEqualTo(201);
        }

        await().until(() -> model.inFlight() == 1);
        long before = inputTokens();
        gate.complete(null);
        await().until(() -> inputTokens() >= before + 90);
        await().until(() -> newest(chat) > 0);
        assertThat(client.get(chat).json().path("usage").path("totalTokens").asInt())
                .as("the chat's own usage is that of its turns")
                .isEqualTo(7 * 15);
    }

    private String compacting(int maxMessages) {
        String body =
                "{\"memory\": {\"maxMessages\": %d, \"compaction\": \"summary\"}}"
                        .formatted(maxMessages);
        return "/chats/" + client.post("/chats", body).id();
    }

    /**
     * Says something, and waits for the summary that is due then. A window of three turns is nearly
     * full with each of them: so the newest is left, and what comes with two more is cut.
     */
    private void say(String chat, int number) {
        client.say(chat, "fact " + number);
        int made = number % 2 == 0 ? number - 1 : number;
        if (made >= 3) {
            await().until(() -> newest(chat) == 2 * (made - 1));
        }
    }

    private int newest(String chat) {
        return client.get(chat + "/summaries?limit=1")
                .json()
                .path("data")
                .path(0)
                .path("throughSeq")
                .asInt();
    }

    private long inputTokens() {
        return client.get("/usage").json().findValues("inputTokens").stream()
                .mapToLong(JsonNode::asLong)
                .sum();
    }

    private static long repeats(List<Call> turns) {
        long repeats = 0;
        for (int i = 1; i < turns.size(); i++) {
            List<Message> before = turns.get(i - 1).messages();
            List<Message> now = turns.get(i).messages();
            repeats +=
                    now.size() > before.size() && now.subList(0, before.size()).equals(before)
                            ? 1
                            : 0;
        }
        return repeats;
    }

    private static List<String> fields(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String summaryOf(Call call) {
        String material = call.lastUser();
        int from = material.indexOf("The summary so far:\n");
        int to = material.indexOf("\nThe messages to take in:\n");
        StringBuilder summary =
                new StringBuilder(
                        from < 0 ? "" : material.substring(material.indexOf('\n', from) + 1, to));
        Matcher told = TOLD.matcher(material.substring(to));
        while (told.find()) {
            if (told.group(2).equals("user")) {
                summary.append(told.group(3)).append(" [").append(told.group(1)).append("]\n");
            }
        }
        return summary.toString();
    }

    private static boolean isForSummary(Call call) {
        return call.lastUser().startsWith("The summary may have ");
    }
}
