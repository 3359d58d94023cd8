package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.Collector;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one owner, or nobody, does to the service, and what the others see of it. */
@QuarkusTest
@TestProfile(OneOwnersLoadTest.Two.class)
@WithTestResource(FakeModelResource.class)
@SuppressWarnings("deprecation") // the one registry that Quarkus has for Prometheus
class OneOwnersLoadTest {
    private static final String ANN = "ann-key-ann-key-ann-key";
    private static final String BEN = "ben-key-ben-key-ben-key";

    /** Two owners, and few turns may wait. */
    public static final class Two implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.limits.queued-turns",
                    "4",
                    "konko.limits.incoming-bytes",
                    "1500000",
                    "konko.api-keys",
                    "ann:" + ANN + ",ben:" + BEN,
                    "quarkus.thread-pool.max-threads",
                    "6");
        }
    }

    @TestHTTPResource URI base;
    @Inject Vertx vertx;
    @Inject Incoming incoming;
    @Inject PrometheusMeterRegistry registry;
    FakeModel model;
    private Client ann;
    private Client ben;

    @BeforeEach
    void freshClientsAndModel() {
        model.reset();
        ann = new Client(base).as(ANN);
        ben = new Client(base).as(BEN);
    }

    @Test
    void post_whileOthersHaveAllQueuesFull_isTakenUpToAnEqualShare() {
        model.answer(call -> call.lastUser().equals("hang") ? Reply.hang() : Reply.text("fine"));
        String busy = ann.chat();
        Answer refused = post(ann, busy);
        for (int i = 0; i < 10; i++) {
            refused = post(ann, busy);
        }

        Answer taken = ben.say(ben.chat(), "hello");
        String waits = ben.chat();
        Answer running = post(ben, waits);
        Answer waiting = post(ben, waits);
        for (int i = 0; i < 10; i++) {
            waiting = post(ben, waits);
        }
        ann.delete(busy);
        ben.delete(waits);

        assertThat(refused.code()).isEqualTo("overloaded");
        assertThat(taken.status()).isEqualTo(201);
        assertThat(running.status()).isEqualTo(202);
        assertThat(waiting.code()).isEqualTo("overloaded");
    }

    private static Answer post(Client client, String chat) {
        return client.say(chat, "hang", "Prefer", "respond-async");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/q/health/live", "/q/health/ready", "/q/health", "/q/metrics"})
    void watching_whileAllWorkersAreTaken_isAnswered(String path) {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch taken = new CountDownLatch(6);
        for (int i = 0; i < 50; i++) {
            Future<Boolean> _ =
                    vertx.executeBlocking(
                            () -> {
                                taken.countDown();
                                held.await();
                                return true;
                            },
                            false);
        }
        try {
            await().until(() -> taken.getCount() == 0);

            Answer answer = new Client(base).get(path);

            assertThat(answer.status()).isEqualTo(200);
        } finally {
            held.countDown();
        }
    }

    @Test
    void metrics_comeInTheFormThatIsAskedFor() {
        Answer open = new Client(base).get("/q/metrics", "Accept", "application/openmetrics-text");
        Answer plain = new Client(base).get("/q/metrics", "Accept", "text/plain");
        Answer any = new Client(base).get("/q/metrics");

        assertThat(open.header("Content-Type")).startsWith("application/openmetrics-text");
        assertThat(open.text()).endsWith("# EOF\n");
        assertThat(any.header("Content-Type")).isEqualTo(open.header("Content-Type"));
        assertThat(plain.header("Content-Type")).startsWith("text/plain");
        assertThat(plain.text()).contains("konko_turns_total");
    }

    @Test
    void metrics_forManyAtOnce_areCollectedForAllOfThem() throws Exception {
        List<java.util.concurrent.Future<Integer>> statuses = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                statuses.add(threads.submit(() -> new Client(base).get("/q/metrics").status()));
            }
        }

        for (var each : statuses) {
            assertThat(each.get()).isEqualTo(200);
        }
    }

    @Test
    void metrics_thatCannotBeCollected_areAProblem() {
        AtomicBoolean asked = new AtomicBoolean(); // once when it is registered
        Collector broken =
                new Collector() {
                    @Override
                    public List<MetricFamilySamples> collect() {
                        if (asked.getAndSet(true)) {
                            throw new IllegalStateException("broken");
                        }
                        return List.of();
                    }
                };
        registry.getPrometheusRegistry().register(broken);
        Answer answer;
        try {
            answer = new Client(base).get("/q/metrics");
        } finally {
            registry.getPrometheusRegistry().unregister(broken);
        }

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.code()).isEqualTo("internal");
        assertThat(new Client(base).get("/q/metrics").status()).isEqualTo(200);
    }

    @Test
    void bodies_thatDoNotComeToAnEnd_takeTheirOwnersShareOnly() throws Exception {
        String length = "Content-Length: 900000";
        try (Wire first = Wire.to(base);
                Wire second = Wire.to(base)) {
            first.send(postOf(ANN, length));
            await().until(() -> incoming.held() > 0);

            String refused = second.send(postOf(ANN, length)).rest();

            assertThat(refused)
                    .startsWith("HTTP/1.1 503")
                    .contains("urn:konko:problem:overloaded", "Retry-After: 1");
            assertThat(
                            ben.post("/chats", "{\"title\":\"a\"%s}".formatted(" ".repeat(600_000)))
                                    .status())
                    .isEqualTo(201);
            assertThat(ann.post("/chats", "{}").status()).isEqualTo(201);
        }
        await().until(() -> incoming.held() == 0);
        assertThat(
                        ann.post("/chats", "{\"title\":\"a\"%s}".formatted(" ".repeat(900_000)))
                                .status())
                .isEqualTo(201);
        await().until(() -> incoming.held() == 0);
    }

    @Test
    void frames_thatDoNotComeToAnEnd_takeTheirOwnersShareOnly() throws Exception {
        try (Wire first = Wire.to(base).openSocket(ANN);
                Wire second = Wire.to(base).openSocket(ANN)) {
            first.sendFrame(900_000, "{");
            await().until(() -> incoming.held() == 900_000);

            assertThat(second.sendFrame(900_000, "{").rest()).isEmpty();
            assertThat(
                            ben.post("/chats", "{\"title\":\"a\"%s}".formatted(" ".repeat(600_000)))
                                    .status())
                    .isEqualTo(201);
            String error = first.send("x".repeat(899_999)).until("}}");
            assertThat(error).contains("malformed_json");
            await().until(() -> incoming.held() == 0);
        }
    }

    /** Nobody knows how long they get. */
    @Test
    void bodiesInChunks_thatDoNotComeToAnEnd_countAsTheyCome() throws Exception {
        String chunk = "DBBA0\r\n" + " ".repeat(900_000) + "\r\n";
        try (Wire first = Wire.to(base);
                Wire second = Wire.to(base)) {
            first.send(postOf(ANN, "Transfer-Encoding: chunked") + chunk);
            await().until(() -> incoming.held() > 800_000);

            assertThat(second.send(postOf(ANN, "Transfer-Encoding: chunked") + chunk).rest())
                    .isEmpty();
            assertThat(
                            ben.post("/chats", "{\"title\":\"a\"%s}".formatted(" ".repeat(600_000)))
                                    .status())
                    .isEqualTo(201);
        }
        await().until(() -> incoming.held() == 0);
    }

    /** As many clients send them, whatever their length. */
    @Test
    void bodiesInChunks_manyAtOnce_areTaken() throws Exception {
        List<Wire> wires = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                Wire wire = Wire.to(base);
                wires.add(wire.send(postOf(ANN, "Transfer-Encoding: chunked") + "2\r\n{}\r\n"));
            }
            for (Wire each : wires) {
                assertThat(each.send("0\r\n\r\n").until("\r\n\r\n")).startsWith("HTTP/1.1 201");
            }
        } finally {
            for (Wire each : wires) {
                each.close();
            }
        }
    }

    private static String postOf(String key, String length) {
        return "POST /chats HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + key
                + "\r\n"
                + length
                + "\r\n\r\n";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET {chat}/messages HTTP/1.1\r\n",
                "GET {chat}/messages HTTP/1.1\r\nAccept: text/markdown\r\n",
                "GET {reply} HTTP/1.1\r\n",
                "GET {reply} HTTP/1.1\r\nAccept: text/event-stream\r\n",
                "POST {chat}/messages HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n"
            })
    void client_thatResetsItsConnection_isNoError(String request) throws Exception {
        model.answer(_ -> Reply.text("x".repeat(900_000)));
        String chat = ann.chat();
        for (int i = 0; i < 4; i++) {
            ann.say(chat, "much");
        }
        String reply = chat + "/messages/" + ann.messages(chat).get(1).path("id").asText();
        double before = internal();

        try (ErrorLog errors = ErrorLog.watched()) {
            for (int i = 0; i < 10; i++) {
                reset(request.replace("{chat}", chat).replace("{reply}", reply));
            }
            await().until(() -> streams() == 0);
            ann.messages(chat);

            assertThat(errors.lines()).isEmpty();
        }
        assertThat(internal()).isEqualTo(before);
    }

    /** Reads a little of the answer, and no more. */
    private void reset(String request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.setSoLinger(true, 0);
            socket.connect(new InetSocketAddress(base.getHost(), base.getPort()));
            socket.getOutputStream()
                    .write(
                            (request
                                            + "Host: localhost\r\nAuthorization: Bearer "
                                            + ANN
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.ISO_8859_1));
            if (request.startsWith("GET")) {
                assertThat(socket.getInputStream().read(new byte[1000])).isPositive();
            } else {
                socket.getOutputStream().write(new byte[10_000]);
            }
        }
    }

    private double internal() {
        return metric("konko_refusals_total{code=\"internal\"}");
    }

    private double streams() {
        return metric("konko_listeners");
    }

    private double metric(String name) {
        return new Client(base)
                .get("/q/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }
}
