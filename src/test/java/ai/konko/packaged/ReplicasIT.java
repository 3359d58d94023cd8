package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import ai.konko.store.postgres.TestPostgres;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas on one PostgreSQL. */
class ReplicasIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);

    private static final List<String> DELTAS = List.of("all of this ", "text, and 🎉", " at last");
    private static final String TEXT = String.join("", DELTAS);

    /** How much of the text there is while the model stalls. */
    private static final int STALLED = DELTAS.get(0).length() + DELTAS.get(1).length();

    /** Nobody listens there. */
    private static final String NOBODY = "http://127.0.0.1:1";

    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private String database;
    private Service serviceA;
    private Client a;
    private Client b;
    private final List<Service> services = new ArrayList<>();

    @BeforeEach
    void twoReplicas() throws IOException {
        database = TestPostgres.newDatabase("replicas");
        serviceA = service("http://127.0.0.1:${quarkus.http.port}");
        Service serviceB = service(NOBODY);
        a = serviceA.ready();
        b = serviceB.ready();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Service each : services) {
            each.kill();
        }
        model.close();
    }

    @Test
    void postsToOneChatOverBoth_haveOneOrderAndOneCallEach() {
        String chat = a.chat();
        List<CompletableFuture<Answer>> posts =
                IntStream.range(0, 16)
                        .mapToObj(i -> (i % 2 == 0 ? a : b).sayLater(chat, "post " + i))
                        .toList();

        List<Answer> answers = posts.stream().map(CompletableFuture::join).toList();

        assertThat(answers).allMatch(answer -> answer.status() == 201);
        Load.assertAlternates(a, chat);
        List<JsonNode> log = a.messages(chat);
        assertThat(b.messages(chat)).isEqualTo(log);
        List<String> inLog =
                log.stream()
                        .filter(each -> each.path("role").asText().equals("user"))
                        .map(each -> each.path("content").asText())
                        .toList();
        assertThat(model.calls().stream().map(Call::lastUser).toList()).isEqualTo(inLog);
        assertThat(log).isSortedAccordingTo(java.util.Comparator.comparing(ReplicasIT::id));
        assertThat(answers)
                .extracting(answer -> answer.reply().path("id").asText())
                .doesNotHaveDuplicates();
    }

    private static String id(JsonNode message) {
        return message.path("id").asText();
    }

    @Test
    void oneKeyOverBoth_isOneTurnAndOneCall() {
        String chat = b.chat();
        List<CompletableFuture<Answer>> posts =
                IntStream.range(0, 20)
                        .mapToObj(
                                i ->
                                        (i % 2 == 0 ? a : b)
                                                .sayLater(chat, "once", "Idempotency-Key", "key"))
                        .toList();

        List<Answer> answers = posts.stream().map(CompletableFuture::join).toList();

        assertThat(answers).allMatch(answer -> answer.status() == 201);
        assertThat(answers).extracting(Answer::json).containsOnly(answers.getFirst().json());
        assertThat(model.calls()).hasSize(1);
        assertThat(a.messages(chat)).hasSize(2);
    }

    /** The other one can't ask it, and so reads what the database has. */
    @Test
    void aRequestThatMakesItsChat_repeatedOverBoth_isOneChatOneTurnAndOneCall() {
        List<CompletableFuture<Answer>> requests =
                IntStream.range(0, 20)
                        .mapToObj(
                                i ->
                                        on(i).postLater(
                                                        "/v1/responses",
                                                        "{\"input\": \"hi\"}",
                                                        "Idempotency-Key",
                                                        "response"))
                        .toList();
        List<Answer> answers = requests.stream().map(CompletableFuture::join).toList();

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        assertThat(answers).extracting(Answer::json).containsOnly(answers.getFirst().json());
        assertThat(model.calls()).hasSize(1);
        assertOne("/chats", "{}", "Idempotency-Key", "chat");
        assertOne("/v1/conversations", "{}", "Idempotency-Key", "conversation");
        String stored =
                """
                {"model": "m", "store": true, "messages": [{"role": "user", "content": "hi"}]}""";
        assertOne("/v1/chat/completions", stored, "Idempotency-Key", "completion");
        assertThat(model.calls()).hasSize(2);
        assertThat(b.get("/chats").json().path("data")).hasSize(4);
        model.reset();
        assertRetriesAreKnown();
    }

    private Client on(int i) {
        return i % 2 == 0 ? a : b;
    }

    /** The same of several at once. */
    private void assertOne(String path, String body, String... headers) {
        List<CompletableFuture<Answer>> requests =
                IntStream.range(0, 6).mapToObj(i -> on(i).postLater(path, body, headers)).toList();
        assertThat(requests.stream().map(CompletableFuture::join).toList())
                .allMatch(answer -> answer.status() / 100 == 2)
                .extracting(Answer::id)
                .hasSize(6)
                .containsOnly(requests.getFirst().join().id());
    }

    /** Those of OpenAI's SDKs, without a key. */
    private void assertRetriesAreKnown() {
        String body = "{\"input\": \"hi\"}";
        Answer first = a.post("/v1/responses", body, "x-stainless-retry-count", "0");
        Answer second = a.post("/v1/responses", body, "x-stainless-retry-count", "0");
        String more = "{\"input\": \"on\", \"previous_response_id\": \"%s\"}".formatted(first.id());
        Answer goneOn = a.post("/v1/responses", more, "x-stainless-retry-count", "0");
        Answer copied = a.post("/v1/responses", more, "x-stainless-retry-count", "0");

        Answer retry = b.post("/v1/responses", body, "x-stainless-retry-count", "1");
        Answer retryOfMore = b.post("/v1/responses", more, "x-stainless-retry-count", "2");

        assertThat(retry.json()).isEqualTo(second.json()).isNotEqualTo(first.json());
        assertThat(copied.id()).isNotEqualTo(goneOn.id());
        assertThat(retryOfMore.json()).isEqualTo(copied.json());
        assertThat(model.calls()).hasSize(4);
    }

    @Test
    void aReplyThatRunsOnOne_streamsFromBothAndIsCancelledFromTheOther() throws Exception {
        model.answer(_ -> Reply.text(TEXT).deltas(DELTAS).thenStall(2));
        String chat = b.chat();
        EventReader onB = b.sayAndFollow(chat, "hello");
        String seen = EventReader.joined(onB.untilText(STALLED));
        String reply = chat + "/messages/" + b.messages(chat).getLast().path("id").asText();
        EventReader onA = a.follow("GET", reply);
        assertThat(EventReader.joined(onA.untilText(STALLED))).isEqualTo(seen);

        Answer cancelled = a.post(reply + "/cancel", "");

        assertThat(cancelled.status()).isEqualTo(200);
        assertThat(cancelled.json().path("finishReason").asText()).isEqualTo("cancelled");
        assertThat(cancelled.json().path("content").asText()).isEqualTo(seen);
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        for (EventReader each : List.of(onB, onA)) {
            Event last = each.rest().getLast();
            assertThat(last.name()).isEqualTo("incomplete");
            assertThat(last.data()).isEqualTo(cancelled.json());
        }
        assertThat(b.get(reply).json()).isEqualTo(cancelled.json());
    }

    @Test
    void whatTheDatabaseDoesNotHaveYet_streamsFromTheOtherToo() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> thoughtAndText().gateAt(4, gate));
        String chat = a.chat();
        List<Event> seen;
        Map<String, EventReader> resumed = new HashMap<>();
        EventReader onB;
        String reply;
        try (Connection holding = connection();
                Statement statement = holding.createStatement()) {
            holding.setAutoCommit(false);
            statement.execute("lock table piece in share mode"); // no flush, but reading
            EventReader onA = a.sayAndFollow(chat, "hello");
            seen = onA.untilText(STALLED);
            reply = chat + "/messages/" + a.messages(chat).getLast().path("id").asText();

            onB = b.follow("GET", reply);
            List<Event> seenOnB =
                    CompletableFuture.supplyAsync(() -> onB.untilText(STALLED))
                            .get(30, TimeUnit.SECONDS);

            assertThat(b.get(reply).json().path("content").asText()).isEmpty();
            assertThat(seenOnB.getLast().id()).isEqualTo(seen.getLast().id());
            for (Event each : seen.subList(1, seen.size())) { // the first one has no id
                resumed.put(each.id(), b.follow("GET", reply, "Last-Event-ID", each.id()));
            }
            assertNobodyElseIsTold(reply.substring(reply.lastIndexOf('/') + 1));
        }
        gate.complete(null);
        JsonNode end = onB.rest().getLast().data();
        assertThat(end).isEqualTo(a.get(reply).json());
        assertThat(end.path("content").asText()).isEqualTo(TEXT);
        resumed.forEach(
                (id, reader) -> {
                    List<Event> rest = reader.rest();
                    int before = Integer.parseInt(id.split("\\.", 2)[0]);
                    assertThat(EventReader.joined(rest)).isEqualTo(TEXT.substring(before));
                    assertThat(rest.getLast().data()).isEqualTo(end);
                });
    }

    private static Reply.Text thoughtAndText() {
        Script script = new Script().reasoning("hm, ").reasoning("well");
        DELTAS.forEach(script::text);
        return script.reply();
    }

    private void assertNobodyElseIsTold(String reply) {
        String replica = "Replica " + new UUID(0, 0) + ":" + "a".repeat(43);
        for (String path : List.of("/replica/reply", "/replica/reply/", "/replica/reply//")) {
            String address = path + "?attempt=1&reply=" + reply;
            assertThat(a.get(address).status()).as(path).isEqualTo(404);
            assertThat(a.get(address, "Authorization", replica).status()).as(path).isEqualTo(404);
        }
    }

    private Connection connection() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:" + database, TestPostgres.user(), TestPostgres.password());
    }

    @Test
    void aTurnThatWaitsOnOneBehindTheOthers_isAnswered() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(call -> Reply.text("re: " + call.lastUser()).gate(gate));
        String chat = a.chat();
        CompletableFuture<Answer> first = a.sayLater(chat, "first");
        await().until(() -> model.inFlight() == 1);
        CompletableFuture<Answer> second = b.sayLater(chat, "second");
        await().until(() -> a.messages(chat).size() == 4);

        gate.complete(null);

        assertThat(first.get(30, TimeUnit.SECONDS).reply().path("content").asText())
                .isEqualTo("re: first");
        assertThat(second.get(30, TimeUnit.SECONDS).reply().path("content").asText())
                .isEqualTo("re: second");
    }

    @Test
    void deletedOnTheOther_itStopsAtTheModel() throws Exception {
        model.answer(_ -> Reply.text("some text and more").thenStall(5));
        String chat = a.chat();
        EventReader onA = a.sayAndFollow(chat, "hello");
        List<Event> _ = onA.untilText(5);

        assertThat(b.delete(chat).status()).isEqualTo(204);

        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(onA.rest().getLast().name()).isEqualTo("incomplete");
        assertThat(a.get(chat).status()).isEqualTo(404);
    }

    @Test
    void killedWhileItRunsAReply_theOtherFinishesIt() throws Exception {
        model.answer(_ -> Reply.text(TEXT).deltas(DELTAS).thenStall(2));
        String chat = a.chat();
        EventReader onA = a.sayAndFollow(chat, "hello");
        String seen = EventReader.joined(onA.untilText(STALLED));
        CompletableFuture<Answer> waiting = b.sayLater(chat, "next");
        String reply = chat + "/messages/" + b.messages(chat).get(1).path("id").asText();
        EventReader onB = b.follow("GET", reply);
        assertThat(EventReader.joined(onB.untilText(STALLED)))
                .as("%s", b.messages(chat))
                .isEqualTo(seen);
        model.answer(_ -> Reply.text(TEXT).deltas(DELTAS));

        serviceA.kill();

        List<Event> rest = onB.rest();
        assertThat(rest.getLast().name()).isEqualTo("completed");
        assertThat(seen + EventReader.joined(rest)).isEqualTo(TEXT);
        assertThat(waiting.get(60, TimeUnit.SECONDS).status()).isEqualTo(201);
        Load.assertAlternates(b, chat);
        assertThat(model.calls()).hasSize(3);
    }

    @Test
    void terminatedWhileItRunsAReply_theOtherFinishesItAtOnce() throws Exception {
        model.answer(_ -> Reply.hang());
        String chat = a.chat();
        CompletableFuture<Answer> onA = a.sayLater(chat, "hello");
        await().until(() -> model.inFlight() == 1);
        CompletableFuture<Answer> onB = b.sayLater(chat, "next"); // waits in line, for B to follow
        await().until(() -> b.messages(chat).size() == 4);
        model.answer(_ -> Reply.text("all of it"));

        serviceA.terminate();

        Answer told = onA.get(30, TimeUnit.SECONDS);
        assertThat(told.status()).isEqualTo(503);
        assertThat(told.code()).isEqualTo("overloaded");
        assertThat(onB.get(30, TimeUnit.SECONDS).status()).isEqualTo(201);
        assertThat(b.messages(chat).get(1).path("content").asText()).isEqualTo("all of it");
        int _ = serviceA.exit();
    }

    @Test
    void killedThreeTimes_theReplyIsGivenUp() throws Exception {
        model.answer(_ -> Reply.hang());
        String chat = a.chat();
        assertThat(a.say(chat, "poison", "Prefer", "respond-async").status()).isEqualTo(202);
        await().until(() -> model.calls().size() == 1);
        for (int calls = 2; calls <= 3; calls++) {
            int expected = calls;
            Service next = service();
            Client _ = next.ready();
            for (Service each : services.subList(0, services.size() - 1)) {
                each.kill();
            }
            await().atMost(MINUTE).until(() -> model.calls().size() == expected);
        }
        Service last = service();
        Client client = last.ready();
        for (Service each : services.subList(0, services.size() - 1)) {
            each.kill();
        }

        await().atMost(MINUTE).until(() -> Load.isTerminal(client, List.of(chat)));

        JsonNode reply = client.messages(chat).getLast();
        assertThat(reply.path("status").asText()).isEqualTo("failed");
        assertThat(model.calls()).hasSize(3);
        model.answer(_ -> Reply.text("well"));
        String address = chat + "/messages/" + reply.path("id").asText();
        assertThat(client.post(address + "/retry", "").status()).isEqualTo(201);
    }

    private Service service() throws IOException {
        return service("");
    }

    /**
     * @param address where other replicas are told that they reach it
     */
    private Service service(String address) throws IOException {
        Service service =
                Service.start(
                        Service.with(
                                model.baseUrl(),
                                Map.of(
                                        "KONKO_STORE",
                                        "postgres",
                                        "KONKO_DATABASE_URL",
                                        database,
                                        "KONKO_DATABASE_USERNAME",
                                        TestPostgres.user(),
                                        "KONKO_DATABASE_PASSWORD",
                                        TestPostgres.password(),
                                        "KONKO_REPLICA_ADDRESS",
                                        address,
                                        "KONKO_DATABASE_LEASE",
                                        "3s",
                                        "KONKO_SHUTDOWN_GRACE",
                                        "100ms")),
                        folder);
        services.add(service);
        return service;
    }
}
