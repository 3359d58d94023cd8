package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The summary and the context over HTTP. */
@QuarkusTest
class SummaryTest extends HttpTest {

    @Test
    void summary_ofAnEmptyChat_asksNobody() {
        String chat = "/chats/" + client.post("/chats", "{\"title\": \"T\"}").id();

        JsonNode summary = client.get(chat + "/summary").json();

        assertThat(summary.toString())
                .isEqualTo(
                        """
                        {"chatId":"%s","title":"T","messageCount":0,"userMessageCount":0,\
                        "assistantMessageCount":0,"highlights":[],"highlightsBy":"extract","summarizedThrough":0}"""
                                .formatted(chat.substring(7)));
        assertThat(model.calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%s",
                "Here you are:\n```json\n%s\n```\nAnything else?",
                "Sure {as you wish}: %s (that is all {of it})"
            })
    void summary_fromTheModel_citesMessages(String prose) {
        String chat = client.chat();
        client.say(chat, "We fly to Lisbon on Monday.");
        List<JsonNode> log = client.messages(chat);
        highlights(
                prose.formatted(
                        """
                        {"highlights": [{"text": "The reply said so.", "message": 2}, {"text": "Lisbon on Monday.", "message": 1},
                         {"text": "Made up.", "message": 99}, {"text": "", "message": 1}, {"text": "Cites nothing."}]}"""));

        JsonNode summary = client.get(chat + "/summary").json();

        assertThat(summary.path("highlightsBy").asText()).as(summary.toString()).isEqualTo("model");
        assertThat(summary.path("highlights").toString())
                .isEqualTo(
                        """
                        [{"text":"Lisbon on Monday.","messageId":%s},{"text":"The reply said so.","messageId":%s}]"""
                                .formatted(log.get(0).path("id"), log.get(1).path("id")));
        assertThat(summary.path("messageCount").asInt()).isEqualTo(2);
        assertThat(summary.path("userMessageCount").asInt()).isEqualTo(1);
        assertThat(summary.path("assistantMessageCount").asInt()).isEqualTo(1);
        assertThat(summary.path("firstMessageAt")).isEqualTo(log.get(0).path("createdAt"));
        assertThat(summary.path("lastMessageAt")).isEqualTo(log.get(1).path("createdAt"));
        assertThat(summary.path("usage").path("totalTokens").asInt()).isEqualTo(15);
        assertThat(summary.path("summarizedThrough").asInt()).isEqualTo(2);
    }

    @Test
    void summary_isKeptUntilANewTurnCompletes() {
        String chat = client.chat();
        client.say(chat, "one");
        highlights(
                "{\"highlights\": [{\"text\": \"One.\", \"message\": 1}, {\"text\": \"Two.\", \"message\": 2}]}");

        JsonNode first = client.get(chat + "/summary").json();
        JsonNode again = client.get(chat + "/summary").json();
        JsonNode fewer = client.get(chat + "/summary?highlights=1").json();
        client.get(chat + "/summary?highlights=0");

        assertThat(again).isEqualTo(first);
        assertThat(fewer.path("highlights")).hasSize(1);
        assertThat(highlightCalls()).isEqualTo(1);
        client.say(chat, "two");
        assertThat(client.get(chat + "/summary").json().path("summarizedThrough").asInt())
                .isEqualTo(4);
        assertThat(highlightCalls()).isEqualTo(2);
    }

    @Test
    void summary_neverEntersTheChatsMemory() {
        String chat = client.chat();
        client.say(chat, "one {config:['x']}");
        highlights("{\"highlights\": [{\"text\": \"One.\", \"message\": 1}]}");
        client.get(chat + "/summary");

        client.say(chat, "two");

        Call highlights = model.calls().get(1);
        assertThat(highlights.messages()).hasSize(2);
        assertThat(highlights.lastUser())
                .contains("[1] user: one {config:['x']}")
                .contains("[2] assistant:");
        assertThat(model.calls().getLast().messages())
                .extracting(message -> message.content())
                .containsExactly("one {config:['x']}", "reply to: one {config:['x']}", "two");
        assertThat(client.messages(chat)).hasSize(4);
        assertThat(client.get(chat).json().path("usage").path("totalTokens").asInt()).isEqualTo(30);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "I would rather not.",
                "{\"highlights\": []}",
                "{\"highlights\": null}",
                "{\"highlights\": [null, {\"text\": \"x\", \"message\": 77}]}",
                "{\"highlights\": \"no\"}",
                "[1, 2]"
            })
    void summary_ofAModelThatCannot_isExtractedAndSaysSo(String nonsense) {
        String chat = client.chat();
        client.say(chat, "The budget is nine thousand euros. Hm.");
        highlights(nonsense);

        Answer summary = client.get(chat + "/summary?highlights=2");

        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.json().path("highlightsBy").asText()).isEqualTo("extract");
        assertThat(summary.json().path("highlights")).hasSize(2);
        JsonNode best = summary.json().path("highlights").path(0);
        assertThat(best.path("text").asText()).isEqualTo("The budget is nine thousand euros.");
        assertThat(best.path("messageId")).isEqualTo(client.messages(chat).getFirst().path("id"));
    }

    @Test
    void summary_whileTheModelFails_isExtractedAndTriedAgain() {
        String chat = client.chat();
        client.say(chat, "hello there");
        model.answer(_ -> Reply.status(500, "{}", Map.of()));

        assertThat(client.get(chat + "/summary").json().path("highlightsBy").asText())
                .isEqualTo("extract");

        highlights("{\"highlights\": [{\"text\": \"Greeting.\", \"message\": 1}]}");
        assertThat(client.get(chat + "/summary").json().path("highlightsBy").asText())
                .isEqualTo("model");
    }

    @Test
    void summary_askedForByManyAtOnce_asksTheModelOnce() {
        String chat = client.chat();
        client.say(chat, "hello");
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(
                _ ->
                        Reply.text("{\"highlights\": [{\"text\": \"Hello.\", \"message\": 1}]}")
                                .gate(gate));
        List<CompletableFuture<Answer>> asked =
                IntStream.range(0, 8)
                        .mapToObj(
                                _ ->
                                        CompletableFuture.supplyAsync(
                                                () -> client.get(chat + "/summary")))
                        .toList();
        Awaitility.await().until(() -> model.inFlight() == 1);
        gate.complete(null);

        assertThat(asked)
                .allMatch(each -> each.join().json().path("highlightsBy").asText().equals("model"));
        assertThat(model.calls()).hasSize(2);
    }

    @Test
    void context_isWhatTheModelWouldBeSentNext() {
        String chat = "/chats/" + client.post("/chats", "{\"instructions\": \"Be brief.\"}").id();
        client.say(chat, "one");
        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        client.say(chat, "fails");
        model.reset();

        JsonNode context = client.get(chat + "/context").json();

        List<JsonNode> log = client.messages(chat);
        assertThat(context.path("messages").toString())
                .isEqualTo(
                        """
                        [{"role":"system","content":"Be brief."},{"role":"user","content":"one","messageId":%s},\
                        {"role":"assistant","content":"reply to: one","messageId":%s}]"""
                                .formatted(log.get(0).path("id"), log.get(1).path("id")));
        assertThat(context.path("excluded").toString())
                .isEqualTo(
                        "[{\"messageId\":%s,\"reason\":\"no-reply\"},{\"messageId\":%s,\"reason\":\"no-reply\"}]"
                                .formatted(log.get(2).path("id"), log.get(3).path("id")));
        assertThat(context.path("maxMessages").asInt()).isEqualTo(100);
        assertThat(context.path("maxTokens").asInt()).isEqualTo(16_000);
        assertThat(context.path("estimatedTokens").asInt())
                .as("the instructions too")
                .isBetween(16, 26);
        assertThat(context.path("stablePrefixTokens").asInt()).isBetween(10, 15);
        assertThat(context.path("windowFrom").asInt()).isEqualTo(1);
        assertThat(context.path("nextCut").path("messages").asInt()).isEqualTo(98);
        assertThat(context.path("nextCut").path("tokens").asInt()).isBetween(15_980, 15_990);
        client.say(chat, "next");
        assertThat(model.calls().getFirst().messages()).hasSize(4);
    }

    /** A window that slides, as it did before it was cut. */
    @Test
    void context_ofALongChat_isTheNewestWholeTurns() {
        String chat =
                "/chats/"
                        + client.post("/chats", "{\"memory\": {\"maxMessages\": 40, \"keep\": 1}}")
                                .id();
        for (int i = 0; i < 22; i++) {
            client.say(chat, "m" + i);
        }

        JsonNode context = client.get(chat + "/context").json();
        client.say(chat, "last");

        assertThat(context.path("messages")).hasSize(38);
        assertThat(context.path("messages").path(0).path("content").asText()).isEqualTo("m3");
        assertThat(context.path("excluded")).hasSize(6);
        assertThat(context.path("excluded").findValuesAsText("reason")).containsOnly("window");
        assertThat(model.calls().getLast().messages()).hasSize(39);
        assertThat(model.calls().getLast().messages().getFirst().content()).isEqualTo("m3");
        assertThat(client.messages(chat)).hasSize(46);
    }

    /** What a provider's cache can serve. */
    @Test
    void prompts_ofAFullWindow_beginWithThePromptBefore() {
        String chat = "/chats/" + client.post("/chats", "{\"instructions\": \"Be brief.\"}").id();
        for (int i = 0; i < 250; i++) {
            client.say(chat, "message number " + i);
        }

        List<List<String>> prompts =
                model.calls().stream()
                        .map(call -> call.messages().stream().map(Object::toString).toList())
                        .toList();
        JsonNode context = client.get(chat + "/context").json();

        assertThat(client.get("/q/metrics", "Accept", "text/plain").text())
                .containsPattern("konko_memory_cuts_total(\\{\\})? [1-9]");
        double repeated = 0;
        int breaks = 0;
        for (int i = 50; i < 250; i++) {
            List<String> before = prompts.get(i - 1);
            List<String> prompt = prompts.get(i);
            if (prompt.size() > before.size() && prompt.subList(0, before.size()).equals(before)) {
                repeated += (double) before.size() / prompt.size();
            } else {
                breaks++;
            }
        }
        assertThat(repeated / 200).isGreaterThan(0.9);
        assertThat(breaks).isBetween(1, 10);
        assertThat(prompts).allMatch(each -> each.size() <= 101);
        assertThat(prompts.subList(50, 250)).allMatch(each -> each.size() > 49);
        int sent = context.path("messages").size() - 1;
        assertThat(context.path("windowFrom").asInt()).isEqualTo(501 - sent);
        assertThat(context.path("nextCut").path("messages").asInt()).isEqualTo(100 - sent);
        assertThat(context.path("stablePrefixTokens").asDouble())
                .isGreaterThan(0.9 * context.path("estimatedTokens").asDouble());
    }

    private void highlights(String answer) {
        model.answer(
                call ->
                        isForHighlights(call)
                                ? Reply.text(answer)
                                : Reply.text("reply to: " + call.lastUser()));
    }

    private long highlightCalls() {
        return model.calls().stream().filter(SummaryTest::isForHighlights).count();
    }

    private static boolean isForHighlights(Call call) {
        return call.lastUser().startsWith("At most ");
    }
}
