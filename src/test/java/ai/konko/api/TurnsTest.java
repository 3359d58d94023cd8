package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Turns over HTTP: posting, order, memory, idempotency, interruption. */
@QuarkusTest
class TurnsTest extends HttpTest {

    @Test
    void post_isAnsweredAndKept() {
        String chat = client.chat();

        Answer answer = client.say(chat, "hello");

        assertThat(answer.status()).isEqualTo(201);
        JsonNode message = answer.json().path("message");
        assertThat(message.path("role").asText()).isEqualTo("user");
        assertThat(message.path("content").asText()).isEqualTo("hello");
        assertThat(message.path("seq").asInt()).isEqualTo(1);
        assertThat(message.has("model")).isFalse();
        JsonNode reply = answer.reply();
        assertThat(reply.path("role").asText()).isEqualTo("assistant");
        assertThat(reply.path("content").asText()).isEqualTo("reply to: hello");
        assertThat(reply.path("status").asText()).isEqualTo("completed");
        assertThat(reply.path("finishReason").asText()).isEqualTo("stop");
        assertThat(reply.path("model").asText()).isEqualTo("test-model");
        assertThat(reply.path("usage").toString())
                .isEqualTo("{\"inputTokens\":10,\"outputTokens\":5,\"totalTokens\":15}");
        assertThat(client.messages(chat)).containsExactly(message, reply);
        assertThat(client.get(chat + "/messages/" + reply.path("id").asText()).json())
                .isEqualTo(reply);
        JsonNode now = client.get(chat).json();
        assertThat(now.path("messageCount").asInt()).isEqualTo(2);
        assertThat(now.path("status").asText()).isEqualTo("idle");
        assertThat(now.path("usage").path("totalTokens").asInt()).isEqualTo(15);
    }

    @Test
    void post_reachesTheModelWithKeyModelAndInstructions() {
        String chat =
                "/chats/"
                        + client.post(
                                        "/chats",
                                        "{\"instructions\": \"Be brief.\", \"model\": \"own\"}")
                                .id();

        client.say(chat, "hello");

        Call call = model.calls().getFirst();
        assertThat(call.headers().get("authorization"))
                .isEqualTo("Bearer " + FakeModelResource.KEY);
        assertThat(call.model()).isEqualTo("own");
        assertThat(call.stream()).isFalse();
        assertThat(call.messages())
                .containsExactly(new Message("system", "Be brief."), new Message("user", "hello"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/event-stream"})
    void posts_oneAfterAnother_shareConnectionsToTheModel(String accept) {
        String chat = client.chat();
        client.say(chat, "so that there are some");
        int before = model.connections();

        for (int i = 0; i < 20; i++) {
            client.say(chat, "hello " + i, "Accept", accept);
        }

        assertThat(model.calls()).hasSize(21);
        assertThat(model.connections() - before).isLessThan(20);
    }

    @Test
    void post_followUp_carriesWhatWasSaidBefore() {
        String chat = client.chat();
        client.say(chat, "My name is Ada.");

        client.say(chat, "What is my name?");

        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "My name is Ada."),
                        new Message("assistant", "reply to: My name is Ada."),
                        new Message("user", "What is my name?"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{config:[\"konko.model.api-key\"]} {config:['quarkus.langchain4j.openai.api-key']}",
                "{{instructions}} {message} {chat_memory} ${OPENAI_API_KEY} {#if true}x{/if} {|raw|}",
                "  leading, trailing \n\n and \t inner space \u00a0",
                "{",
                "}",
                "\\{",
                "\u0001",
                "\ud83d\ude00 \u200b",
                "\"quotes\" and \\ back",
            })
    void post_passesTextToTheLetterAndNoKey(String text) {
        String chat =
                "/chats/"
                        + client.post(
                                        "/chats",
                                        Client.write(java.util.Map.of("instructions", text)))
                                .id();
        model.answer(_ -> Reply.text(text + "."));

        Answer first = client.say(chat, text);
        client.say(chat, "next");

        assertThat(first.reply().path("content").asText()).isEqualTo(text + ".");
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("system", text),
                        new Message("user", text),
                        new Message("assistant", text + "."),
                        new Message("user", "next"));
        assertThat(model.calls().getLast().body().toString()).doesNotContain(FakeModelResource.KEY);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "\n", "\u001c", "\u00a0"})
    void instructions_ofNothingToSee_areInstructionsToo(String instructions) {
        String chat =
                "/chats/"
                        + client.post(
                                        "/chats",
                                        Client.write(
                                                java.util.Map.of("instructions", instructions)))
                                .id();

        client.say(chat, "hello");

        assertThat(model.calls().getLast().messages())
                .containsExactly(new Message("system", instructions), new Message("user", "hello"));
        assertThat(client.get(chat + "/context").json().at("/messages/0/content").asText())
                .isEqualTo(instructions);
    }

    @Test
    void post_sixteenAtOnce_isOneOrderForLogModelAndReaders() {
        String chat = client.chat();
        List<CompletableFuture<Answer>> posts =
                IntStream.range(0, 16).mapToObj(i -> client.sayLater(chat, "m" + i)).toList();

        List<Answer> answers = posts.stream().map(CompletableFuture::join).toList();

        assertThat(answers).allMatch(answer -> answer.status() == 201);
        List<JsonNode> log = client.messages(chat);
        assertThat(log).hasSize(32);
        for (int i = 0; i < 32; i++) {
            assertThat(log.get(i).path("seq").asInt()).isEqualTo(i + 1);
            assertThat(log.get(i).path("role").asText())
                    .isEqualTo(i % 2 == 0 ? "user" : "assistant");
        }
        for (int turn = 0; turn < 16; turn++) {
            String said = log.get(2 * turn).path("content").asText();
            assertThat(log.get(2 * turn + 1).path("content").asText())
                    .isEqualTo("reply to: " + said);
            assertThat(model.calls().get(turn).messages())
                    .extracting(Message::content)
                    .containsExactlyElementsOf(contents(log.subList(0, 2 * turn + 1)));
        }
        for (Answer answer : answers) {
            int seq = answer.json().path("message").path("seq").asInt();
            assertThat(log.get(seq - 1)).isEqualTo(answer.json().path("message"));
            assertThat(log.get(seq)).isEqualTo(answer.reply());
        }
    }

    @Test
    void post_manyChatsAtOnce_runSideBySide() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(call -> Reply.text("reply to: " + call.lastUser()).gate(gate));
        List<String> chats = IntStream.range(0, 150).mapToObj(_ -> client.chat()).toList();
        List<CompletableFuture<Answer>> posts =
                chats.stream().map(chat -> client.sayLater(chat, "in " + chat)).toList();

        await().atMost(30, TimeUnit.SECONDS).until(() -> model.inFlight() == 150);
        gate.complete(null);

        for (int i = 0; i < chats.size(); i++) {
            assertThat(posts.get(i).join().reply().path("content").asText())
                    .isEqualTo("reply to: in " + chats.get(i));
        }
    }

    @Test
    void post_eightWithOneKey_isOneTurnAndOneModelCall() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("once").gate(gate));
        List<CompletableFuture<Answer>> posts =
                IntStream.range(0, 8)
                        .mapToObj(_ -> client.sayLater(chat, "hello", "Idempotency-Key", "k 1"))
                        .toList();
        await().until(() -> model.inFlight() == 1);
        gate.complete(null);

        Set<String> bodies = new HashSet<>();
        posts.forEach(post -> bodies.add(post.join().status() + post.join().text()));

        assertThat(bodies).hasSize(1).allMatch(body -> body.startsWith("201"));
        assertThat(model.calls()).hasSize(1);
        assertThat(client.messages(chat)).hasSize(2);
        Answer late = client.say(chat, "hello", "Idempotency-Key", "k 1");
        assertThat(late.status() + late.text()).isEqualTo(bodies.iterator().next());
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void post_sameKeyOtherBody_isRefused() {
        String chat = client.chat();
        client.say(chat, "hello", "Idempotency-Key", "k");

        Answer other = client.say(chat, "bye", "Idempotency-Key", "k");
        Answer otherWhenBusy =
                client.post(
                        chat + "/messages",
                        "{\"content\": \"hello\", \"whenBusy\": \"reject\"}",
                        "Idempotency-Key",
                        "k");
        Answer sameByDefault =
                client.post(
                        chat + "/messages",
                        "{\"whenBusy\": \"enqueue\", \"content\": \"h\\u0065llo\"}",
                        "Idempotency-Key",
                        "k");

        assertThat(other.status()).isEqualTo(422);
        assertThat(other.code()).isEqualTo("idempotency-key-reused");
        assertThat(otherWhenBusy.code()).isEqualTo("idempotency-key-reused");
        assertThat(sameByDefault.status()).isEqualTo(201);
        assertThat(client.messages(chat)).hasSize(2);
    }

    @Test
    void post_withABadKey_isRefusedWithoutTrace() {
        String chat = client.chat();

        for (String key : List.of("", "x".repeat(256), "tab\there")) {
            Answer refused = client.say(chat, "hello", "Idempotency-Key", key);
            assertThat(refused.status()).as(key).isEqualTo(400);
            assertThat(refused.code()).isEqualTo("bad-header");
        }
        assertThat(client.say(chat, "hello", "Idempotency-Key", "x".repeat(255)).status())
                .isEqualTo(201);
        assertThat(client.messages(chat)).hasSize(2);
    }

    @Test
    void post_respondAsync_isAnsweredAtOnce() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("later").gate(gate));

        Answer accepted =
                client.say(chat, "hello", "Prefer", "wait=1, Respond-Async; x=y", "Accept", "*/*");

        assertThat(accepted.status()).isEqualTo(202);
        String reply = accepted.reply().path("id").asText();
        assertThat(accepted.header("Location")).endsWith(chat + "/messages/" + reply);
        assertThat(accepted.reply().path("status").asText()).isIn("queued", "in_progress");
        assertThat(accepted.reply().path("content").asText()).isEmpty();
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("busy");
        gate.complete(null);
        await().until(() -> client.get(chat).json().path("status").asText().equals("idle"));
        assertThat(client.get(chat + "/messages/" + reply).json().path("content").asText())
                .isEqualTo("later");
    }

    @Test
    void post_respondAsync_winsOverAccept() {
        Answer accepted =
                client.say(
                        client.chat(),
                        "hello",
                        "Prefer",
                        "respond-async",
                        "Accept",
                        "text/event-stream");

        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.header("Content-Type")).startsWith("application/json");
    }

    @Test
    void post_acceptingNothingWeHave_isRefusedWithoutTrace() {
        String chat = client.chat();

        for (String accept : List.of("image/png", "application/json;q=0", "*/*;q=0")) {
            assertThat(client.say(chat, "hello", "Accept", accept).code())
                    .isEqualTo("not-acceptable");
        }
        assertThat(client.messages(chat)).isEmpty();
    }

    @Test
    void post_whoseClientGoesAway_isFinishedAllTheSame() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("nobody waits").gate(gate));
        CompletableFuture<Answer> post = client.sayLater(chat, "hello");
        await().until(() -> model.inFlight() == 1);

        post.cancel(true);
        gate.complete(null);

        await().until(() -> client.get(chat).json().path("status").asText().equals("idle"));
        assertThat(client.messages(chat).getLast().path("content").asText())
                .isEqualTo("nobody waits");
    }

    @Test
    void post_rejectWhileBusy_isRefusedWithoutTrace() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("slow").gate(gate));
        CompletableFuture<Answer> first = client.sayLater(chat, "first");
        await().until(() -> model.inFlight() == 1);

        Answer refused =
                client.post(
                        chat + "/messages", "{\"content\": \"second\", \"whenBusy\": \"reject\"}");
        gate.complete(null);

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.code()).isEqualTo("chat-busy");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(first.join().status()).isEqualTo(201);
        assertThat(client.messages(chat)).hasSize(2);
        assertThat(
                        client.post(
                                        chat + "/messages",
                                        "{\"content\": \"third\", \"whenBusy\": \"reject\"}")
                                .status())
                .isEqualTo(201);
    }

    @Test
    void post_interrupt_stopsWhatRunsAndWhatWaits() throws Exception {
        String chat = client.chat();
        model.answer(call -> call.lastUser().equals("now") ? Reply.text("at once") : Reply.hang());
        CompletableFuture<Answer> running = client.sayLater(chat, "runs");
        await().until(() -> model.calls().size() == 1);
        CompletableFuture<Answer> waiting = client.sayLater(chat, "waits");
        await().until(() -> client.messages(chat).size() == 4);

        Answer now =
                client.post(
                        chat + "/messages", "{\"content\": \"now\", \"whenBusy\": \"interrupt\"}");

        assertThat(now.status()).isEqualTo(201);
        assertThat(now.reply().path("content").asText()).isEqualTo("at once");
        for (CompletableFuture<Answer> cancelled : List.of(running, waiting)) {
            assertThat(cancelled.join().status()).isEqualTo(201);
            assertThat(cancelled.join().reply().path("status").asText()).isEqualTo("incomplete");
            assertThat(cancelled.join().reply().path("finishReason").asText())
                    .isEqualTo("cancelled");
        }
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(model.calls()).hasSize(2);
        assertThat(model.calls().getLast().messages()).containsExactly(new Message("user", "now"));
    }

    @Test
    void post_withTheLineFull_isRefusedUntilItMoves() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("slow").gate(gate));
        List<CompletableFuture<Answer>> line = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            line.add(client.sayLater(chat, "m" + i));
        }
        await().until(() -> client.get(chat).json().path("messageCount").asInt() == 34);

        Answer refused = client.say(chat, "one too many");
        gate.complete(null);

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.code()).isEqualTo("queue-full");
        assertThat(refused.header("Retry-After")).isNotEmpty();
        assertThat(line).allMatch(post -> post.join().status() == 201);
        assertThat(client.messages(chat)).hasSize(34);
    }

    @Test
    void delete_whileAReplyRuns_tellsThePosterAndStopsTheModel() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.hang());
        CompletableFuture<Answer> running = client.sayLater(chat, "runs");
        await().until(() -> model.calls().size() == 1);
        CompletableFuture<Answer> waiting = client.sayLater(chat, "waits");
        await().until(() -> client.messages(chat).size() == 4);

        Answer deleted = client.delete(chat);

        assertThat(deleted.status()).isEqualTo(204);
        for (CompletableFuture<Answer> cancelled : List.of(running, waiting)) {
            assertThat(cancelled.join().status()).isEqualTo(201);
            assertThat(cancelled.join().reply().path("finishReason").asText())
                    .isEqualTo("cancelled");
        }
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(client.get(chat).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"content\": \"\"}",
                "{\"content\": \" \\n\\t\"}",
                "{\"content\": \"\\u00a0\\u2003\\u3000\\u0085\\u2028\"}",
                "{\"content\": null}",
                "{\"content\": 5}",
                "{\"content\": [\"x\"]}",
                "{\"content\": \"a\\u0000\"}",
                "{\"content\": \"\\udc00\"}",
                "{\"content\": \"x\", \"whenBusy\": \"ENQUEUE\"}",
                "{\"content\": \"x\", \"whenBusy\": 1}",
                "[\"x\"]"
            })
    void post_ofWhatIsNoMessage_isInvalidWithoutTrace(String body) {
        String chat = client.chat();

        Answer refused = client.post(chat + "/messages", body);

        assertThat(refused.status()).as(refused.text()).isEqualTo(422);
        assertThat(refused.code()).isEqualTo("invalid");
        assertThat(client.get(chat).json().path("messageCount").asInt()).isZero();
        assertThat(model.calls()).isEmpty();
    }

    @Test
    void post_ofAnyWhiteSpaceThatJavaDoesNotCallSo_isBlank() {
        String chat = client.chat();

        Answer refused = client.say(chat, "\u00a0\u2007\u202f");
        Answer kept = client.say(chat, "\u200b");

        assertThat(refused.status()).isEqualTo(422);
        assertThat(kept.status()).isEqualTo(201); // a zero-width space is no white space
    }

    @Test
    void post_countsUtf16Units() {
        String chat = client.chat();

        Answer longest = client.say(chat, "\ud83d\ude00".repeat(16_384));
        Answer tooLong = client.say(chat, "\ud83d\ude00".repeat(16_384) + "x");

        assertThat(longest.status()).isEqualTo(201);
        assertThat(tooLong.status()).isEqualTo(422);
        assertThat(client.messages(chat)).hasSize(2);
    }

    @Test
    void messages_asMarkdown_areTheWholeChat() {
        String chat = "/chats/" + client.post("/chats", "{\"title\": \"Trip\"}").id();
        client.say(chat, "**Where** to?");

        Answer markdown = client.get(chat + "/messages", "Accept", "text/markdown");

        assertThat(markdown.status()).isEqualTo(200);
        assertThat(markdown.header("Content-Type")).startsWith("text/markdown");
        assertThat(markdown.text())
                .startsWith("# Trip\n")
                .containsSubsequence(
                        "## User", "**Where** to?", "## Assistant", "reply to: **Where** to?");
        assertThat(
                        client.get(
                                        chat + "/messages",
                                        "Accept",
                                        "text/markdown;q=0.5, application/json")
                                .header("Content-Type"))
                .startsWith("application/json");
        assertThat(
                        client.get(chat + "/messages", "Accept", "text/markdown, application/json")
                                .header("Content-Type"))
                .startsWith("application/json");
        assertThat(client.get(chat + "/messages", "Accept", "image/png").code())
                .isEqualTo("not-acceptable");
        assertThat(client.get("/chats/nope/messages", "Accept", "text/markdown").code())
                .isEqualTo("chat-not-found");
    }

    @Test
    void message_ofAnotherChat_isNotFound() {
        String one = client.chat();
        String other = client.chat();
        String message = client.say(one, "hello").json().path("message").path("id").asText();

        assertThat(client.get(one + "/messages/" + message).status()).isEqualTo(200);
        assertThat(client.get(other + "/messages/" + message).code())
                .isEqualTo("message-not-found");
        assertThat(client.get(one + "/messages/nope").code()).isEqualTo("message-not-found");
        assertThat(client.get("/chats/nope/messages/" + message).code())
                .isEqualTo("chat-not-found");
    }

    /** With the log in PostgreSQL fewer, because each takes several transactions. */
    @Test
    void post_thousandsOfModelCallsAtOnce_allRun() {
        int each8th = Boolean.getBoolean("test.postgres") ? 125 : 625;
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("done").gate(gate));
        List<String> chats = new CopyOnWriteArrayList<>();

        eightAtATime(
                () -> {
                    for (int i = 0; i < each8th; i++) {
                        String chat = client.chat();
                        assertThat(client.say(chat, "hello", "Prefer", "respond-async").status())
                                .isEqualTo(202);
                        chats.add(chat);
                    }
                });
        await().atMost(Duration.ofSeconds(60)).until(() -> model.inFlight() == 8 * each8th);
        gate.complete(null);

        await().atMost(Duration.ofSeconds(60)).until(() -> model.inFlight() == 0);
        Queue<String> left = new ConcurrentLinkedQueue<>(chats);
        eightAtATime(
                () -> {
                    for (String chat = left.poll(); chat != null; chat = left.poll()) {
                        String each = chat;
                        await().pollDelay(Duration.ZERO)
                                .atMost(Duration.ofSeconds(60)) // thousands of ends are written
                                .until(
                                        () ->
                                                client.get(each)
                                                        .json()
                                                        .path("status")
                                                        .asText()
                                                        .equals("idle"));
                    }
                });
        assertThat(client.messages(chats.getLast()).getLast().path("content").asText())
                .isEqualTo("done");
    }

    private static void eightAtATime(Runnable action) {
        CompletableFuture<?>[] all =
                IntStream.range(0, 8)
                        .mapToObj(
                                _ -> CompletableFuture.runAsync(action, Thread.ofVirtual()::start))
                        .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(all).join();
    }

    private static List<String> contents(List<JsonNode> messages) {
        return messages.stream().map(message -> message.path("content").asText()).toList();
    }
}
