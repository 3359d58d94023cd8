package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies as streams: posted, attached to, resumed. */
@QuarkusTest
class StreamsTest extends HttpTest {
    private static final String TEXT =
            "Line one\nand \"two\" — Grüße 🎉👩‍👩‍👧 \\ 日本語 \r\n\t end.";

    @Test
    void post_asStream_isAcceptedThenDeltasThenTheReply() {
        String chat = client.chat();
        model.answer(_ -> Reply.text(TEXT).usage(11, 7));

        EventReader stream = client.sayAndFollow(chat, "hello");
        List<Event> events = stream.rest();

        assertThat(stream.status()).isEqualTo(200);
        assertThat(stream.headers().firstValue("Content-Type").orElse(""))
                .startsWith("text/event-stream");
        assertThat(stream.headers().firstValue("X-Request-Id")).isPresent();
        assertThat(stream.headers().firstValue("Cache-Control")).contains("no-cache");
        Event accepted = events.getFirst();
        assertThat(accepted.name()).isEqualTo("accepted");
        assertThat(accepted.data().path("message").path("content").asText()).isEqualTo("hello");
        assertThat(accepted.data().path("reply").path("status").asText())
                .isIn("queued", "in_progress");
        assertAreTheWholeReply(events.subList(1, events.size()), "completed", TEXT);
        JsonNode reply = events.getLast().data();
        assertThat(reply.path("finishReason").asText()).isEqualTo("stop");
        assertThat(reply.path("usage").path("totalTokens").asInt()).isEqualTo(18);
        assertThat(reply.path("id")).isEqualTo(accepted.data().path("reply").path("id"));
        assertThat(client.messages(chat)).containsExactly(accepted.data().path("message"), reply);
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("idle");
        JsonNode asked = model.calls().getFirst().body();
        assertThat(asked.path("stream").asBoolean()).isTrue();
        assertThat(asked.at("/stream_options/include_usage").asBoolean()).isTrue();
    }

    /** Deltas whose ids are the length so far, then one last event that agrees with them. */
    private static void assertAreTheWholeReply(List<Event> events, String last, String text) {
        int length = 0;
        for (Event delta : events.subList(0, events.size() - 1)) {
            assertThat(delta.name()).isEqualTo("delta");
            length += delta.content().length();
            assertThat(delta.id()).isEqualTo(String.valueOf(length));
        }
        assertThat(EventReader.joined(events)).isEqualTo(text);
        assertThat(events.getLast().name()).isEqualTo(last);
        assertThat(events.getLast().id()).isEmpty();
        assertThat(events.getLast().content()).isEqualTo(text);
    }

    @Test
    void post_whoseModelSplitsSurrogatePairs_isStreamedWithWholeOnes() {
        String chat = client.chat();
        List<String> halves = "a🎉b👍🎉".chars().mapToObj(Character::toString).toList();
        model.answer(_ -> Reply.text("").deltas(halves).gap(Duration.ofMillis(1)));

        List<Event> events = client.sayAndFollow(chat, "hello").rest();

        assertAreTheWholeReply(events.subList(1, events.size()), "completed", "a🎉b👍🎉");
    }

    @Test
    void post_asStream_isWhatTheModelWrites() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("").deltas(List.of("first ", "second")).gateAt(1, gate));

        EventReader stream = client.sayAndFollow(chat, "hello");
        List<Event> begun = stream.untilText(1);
        JsonNode soFar = client.messages(chat).getLast();
        gate.complete(null);
        List<Event> rest = stream.rest();

        assertThat(begun.getLast().content()).isEqualTo("first ");
        assertThat(soFar.path("status").asText()).isEqualTo("in_progress");
        assertThat(soFar.path("content").asText()).isEqualTo("first ");
        assertThat(EventReader.joined(rest)).isEqualTo("second");
        assertThat(rest.getLast().name()).isEqualTo("completed");
    }

    @Test
    void post_asStreamWhileBusy_isAcceptedAtOnceAndWaits() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(call -> Reply.text("to " + call.lastUser()).gate(gate));
        CompletableFuture<Answer> first = client.sayLater(chat, "first");
        await().until(() -> model.inFlight() == 1);

        EventReader second = client.sayAndFollow(chat, "second");
        Event accepted = second.next();
        gate.complete(null);

        assertThat(accepted).isNotNull();
        assertThat(accepted.data().path("reply").path("status").asText()).isEqualTo("queued");
        assertThat(EventReader.joined(second.rest())).isEqualTo("to second");
        assertThat(first.join().status()).isEqualTo(201);
    }

    @Test
    void post_asStreamRefused_isAProblemWithItsStatus() {
        String chat = client.chat();

        EventReader blank = client.sayAndFollow(chat, " ");
        EventReader unknown = client.sayAndFollow("/chats/" + chat.substring(15), "x");

        assertThat(blank.status()).isEqualTo(422);
        assertThat(unknown.status()).isEqualTo(404);
        for (EventReader refused : List.of(blank, unknown)) {
            assertThat(refused.headers().firstValue("Content-Type"))
                    .contains("application/problem+json");
        }
        assertThat(client.messages(chat)).isEmpty();
    }

    @Test
    void post_repeatedWithItsKey_streamsTheSameTurnFromTheStart() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text(TEXT).gateAt(3, gate));
        EventReader first = client.sayAndFollow(chat, "hello", "Idempotency-Key", "k");
        List<Event> begun = first.untilText(8);

        EventReader second = client.sayAndFollow(chat, "hello", "Idempotency-Key", "k");
        Event accepted = second.next();
        gate.complete(null);
        List<Event> live = second.rest();
        List<Event> over =
                client.sayAndFollow(
                                chat, "hello", "Idempotency-Key", "k", "Last-Event-ID", "nonsense")
                        .rest();

        assertThat(accepted).isNotNull();
        assertThat(accepted.data().at("/reply/id"))
                .isEqualTo(begun.getFirst().data().at("/reply/id"));
        assertAreTheWholeReply(live, "completed", TEXT);
        assertThat(over.getFirst().name()).isEqualTo("accepted");
        assertAreTheWholeReply(over.subList(1, over.size()), "completed", TEXT);
        assertThat(client.say(chat, "hello", "Idempotency-Key", "k").reply())
                .isEqualTo(over.getLast().data());
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void post_respondAsync_canBeReadAndFollowedWhileItIsWritten() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("").deltas(List.of("one ", "two")).gateAt(1, gate));

        Answer accepted = client.say(chat, "hello", "Prefer", "respond-async");
        String reply = accepted.header("Location");
        await().until(() -> client.get(reply).json().path("content").asText().equals("one "));
        EventReader stream = client.follow("GET", reply);
        gate.complete(null);

        assertThat(accepted.status()).isEqualTo(202);
        assertAreTheWholeReply(stream.rest(), "completed", "one two");
    }

    @Test
    void attach_toAFinishedReply_givesItFromAnyOffset() {
        String chat = client.chat();
        model.answer(_ -> Reply.text(TEXT));
        String reply = chat + "/messages/" + client.say(chat, "hello").reply().path("id").asText();

        for (int from = 0; from <= TEXT.length(); from++) {
            EventReader stream = client.follow("GET", reply, "Last-Event-ID", "" + from);
            if (from > 0 && Character.isLowSurrogate(charAt(from))) {
                assertThat(stream.status()).isEqualTo(400);
                continue;
            }
            List<Event> events = stream.rest();
            assertThat(EventReader.joined(events)).isEqualTo(TEXT.substring(from));
            assertThat(events.getLast().name()).isEqualTo("completed");
            assertThat(events.getLast().content()).isEqualTo(TEXT);
        }
    }

    private static char charAt(int offset) {
        return offset < TEXT.length() ? TEXT.charAt(offset) : ' ';
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "1.5", "100000", "99999999999", "+1", "0x1", " "})
    void attach_withABadLastEventId_isRefused(String id) {
        String chat = client.chat();
        String reply = chat + "/messages/" + client.say(chat, "hello").reply().path("id").asText();

        Answer refused = client.get(reply, "Accept", "text/event-stream", "Last-Event-ID", id);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.code()).isEqualTo("bad-header");
        assertThat(client.get(reply, "Last-Event-ID", id).status()).isEqualTo(200);
    }

    @Test
    void attach_toAUsersMessageOrNone_isNotFound() {
        String chat = client.chat();
        String message = client.say(chat, "hello").json().path("message").path("id").asText();

        for (String id : List.of(message, "019313d2-0000-7000-8000-000000000000", "x")) {
            Answer refused = client.get(chat + "/messages/" + id, "Accept", "text/event-stream");
            assertThat(refused.status()).isEqualTo(404);
            assertThat(refused.code()).isEqualTo("message-not-found");
        }
        assertThat(client.get(chat + "/messages/" + message).status()).isEqualTo(200);
    }

    @Test
    void attach_afterTheClientDied_goesOnWithoutALostUnit() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text(TEXT).gateAt(6, gate).gap(Duration.ofMillis(5)));
        EventReader first = client.sayAndFollow(chat, "hello");
        String reply = first.next(1).getFirst().data().at("/reply/id").asText();
        List<Event> before = first.untilText(20);
        first.close();

        EventReader second =
                client.follow(
                        "GET", chat + "/messages/" + reply, "Last-Event-ID", before.getLast().id());
        gate.complete(null);
        List<Event> after = second.rest();

        assertThat(EventReader.joined(before) + EventReader.joined(after)).isEqualTo(TEXT);
        assertThat(after.getLast().content()).isEqualTo(TEXT);
        assertThat(client.messages(chat).getLast()).isEqualTo(after.getLast().data());
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void post_whoseClientDiesInMidStream_isFinishedAllTheSame() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text(TEXT).gateAt(4, gate));
        EventReader stream = client.sayAndFollow(chat, "hello");
        stream.untilText(8);

        stream.close();
        gate.complete(null);

        await().until(() -> client.get(chat).json().path("status").asText().equals("idle"));
        assertThat(client.messages(chat).getLast().path("content").asText()).isEqualTo(TEXT);
        assertThat(model.calls().getFirst().closed()).isNotDone();
    }

    @Test
    void listeners_twentyAtAnyMomentAndOneThatNeverReads_allGetTheReplyAtTheModelsPace()
            throws Exception {
        String chat = client.chat();
        List<String> deltas =
                IntStream.range(0, 200).mapToObj(i -> "delta " + i + " 🎉 ".repeat(200)).toList();
        model.answer(_ -> Reply.text("").deltas(deltas).gap(Duration.ofMillis(2)));
        String reply = client.say(chat, "hello", "Prefer", "respond-async").header("Location");
        String whole = String.join("", deltas);

        try (Socket neverReads = neverReading(reply);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Event>>> listeners = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                int after = i * whole.length() / 25;
                listeners.add(
                        threads.submit(
                                () -> {
                                    await().until(() -> length(reply) >= after);
                                    return client.follow("GET", reply).rest();
                                }));
            }

            for (Future<List<Event>> listener : listeners) {
                assertAreTheWholeReply(listener.get(), "completed", whole);
            }
            assertThat(neverReads.isConnected()).isTrue();
        }
        await().until(() -> metric("konko_listeners").equals("0.0"));
    }

    /**
     * If all were sent that there is, it would lie in memory, and the listener be gone; so much
     * does not fit between two sockets.
     */
    @Test
    void listener_thatNeverReads_isSentWhatItsConnectionTakesAndNoMore() throws Exception {
        String chat = client.chat();
        List<String> deltas = Collections.nCopies(64, "日".repeat(65_536));
        model.answer(_ -> Reply.text("").deltas(deltas));
        String reply = client.say(chat, "hello", "Prefer", "respond-async").header("Location");

        try (Socket neverReads = neverReading(reply)) {
            String read = EventReader.joined(client.follow("GET", reply).rest());

            assertThat(read).hasSize(64 * 65_536);
            assertThat(neverReads.isConnected()).isTrue();
            await().untilAsserted(() -> assertThat(metric("konko_listeners")).isEqualTo("1.0"));
        }
        await().until(() -> metric("konko_listeners").equals("0.0"));
    }

    private int length(String reply) {
        return client.get(reply).json().path("content").asText().length();
    }

    private Socket neverReading(String address) throws Exception {
        String path = URI.create(address).getRawPath();
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new java.net.InetSocketAddress(base.getHost(), base.getPort()));
        socket.getOutputStream()
                .write(
                        ("GET "
                                        + path
                                        + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    private String metric(String name) {
        return client.get("/q/metrics", "Accept", "text/plain")
                .text()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .findFirst()
                .orElse("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Connection: keep-alive\r\n"})
    void stream_overHttp10_endsWithItsConnection(String header) throws Exception {
        String chat = client.chat();
        String reply = chat + "/messages/" + client.say(chat, "hello").reply().path("id").asText();

        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write(
                            ("GET "
                                            + reply
                                            + " HTTP/1.0\r\nAccept: text/event-stream\r\n"
                                            + header
                                            + "\r\n")
                                    .getBytes(StandardCharsets.UTF_8));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(all).contains("\r\n\r\nevent: delta\n").contains("event: completed\n");
        }
    }

    @Test
    void partialReplies_areContextAndFailedOnesAreNot() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("some text and more").thenCut(2));
        client.sayAndFollow(chat, "cut").rest();
        model.answer(_ -> Reply.text("nothing").thenCut(0));
        client.sayAndFollow(chat, "failed").rest();
        model.answer(_ -> Reply.text("whole"));

        client.sayAndFollow(chat, "next").rest();

        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "cut"),
                        new Message("assistant", "some tex"),
                        new Message("user", "next"));
    }

    @Test
    void metrics_countTurnsAndTokensAndTimeTheFirstToken() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("hi").usage(7, 3, 5, 0));
        String completed = "konko_turns_total{outcome=\"completed\",reason=\"stop\"";
        String input = "konko_tokens_total{direction=\"input\"";
        String output = "konko_tokens_total{direction=\"output\"";
        double turns = number(line(completed));
        double sent = number(line(input));
        double written = number(line(output));
        double cached = number(metric("konko_tokens_cached_total"));
        double firstTokens = number(metric("konko_first_token_seconds_count"));

        client.sayAndFollow(chat, "hello").rest();
        client.say(chat, "hello");

        await().untilAsserted(() -> assertThat(number(line(output))).isEqualTo(written + 6));
        assertThat(number(line(input))).isEqualTo(sent + 14);
        assertThat(number(metric("konko_tokens_cached_total"))).isEqualTo(cached + 10);
        assertThat(number(line(completed))).isEqualTo(turns + 2);
        assertThat(number(metric("konko_first_token_seconds_count"))).isEqualTo(firstTokens + 1);
        assertThat(metric("konko_replies_in_flight")).isEqualTo("0.0");
    }

    private String line(String start) {
        return client.get("/q/metrics", "Accept", "text/plain")
                .text()
                .lines()
                .filter(line -> line.startsWith(start))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .findFirst()
                .orElse("");
    }

    private static double number(String value) {
        return value.isEmpty() ? 0 : Double.parseDouble(value);
    }
}
