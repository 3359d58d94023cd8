package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.api.HttpTest;
import ai.konko.fake.FakeModel.Reply;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take their time; what ends the tests is that the service ends the connections. */
@QuarkusTest
@TestProfile(SlowClientsTest.Impatient.class)
class SlowClientsTest extends HttpTest {
    private static final String PING = "\u0089\0";

    /** Little time for each. */
    public static final class Impatient implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.limits.request-time",
                    "1s",
                    "konko.limits.idle-time",
                    "2s",
                    "konko.limits.unread",
                    "1s",
                    "konko.stream.heartbeat",
                    "100ms");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "PRI * HT",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\1\1\0\0\0\0\1\0"
            })
    void aConnection_onWhichNoRequestComes_isClosed(String start) throws IOException {
        assertThat(Wire.exchange(base, start)).doesNotContain("HTTP/1.1 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /ch",
                "GET /chats HTTP/1.1\r\nHost: localhost\r\n",
                "GET /chats HTTP/1.1\r\nHost: localhost\r\n\r",
                "POST /chats HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
                "POST /chats HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
            })
    void halfARequest_timesOut(String half) throws IOException {
        assertThat(Wire.exchange(base, half))
                .startsWith("HTTP/1.1 408")
                .containsOnlyOnce("HTTP/1.1 ")
                .contains("urn:konko:problem:request-timeout", "X-Request-Id: ");
    }

    @Test
    void aConnection_betweenRequests_isClosedInItsTime() throws IOException {
        String answer =
                Wire.exchange(base, "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 200").containsOnlyOnce("HTTP/1.1 ");
    }

    /** Longer than any of the times. */
    @Test
    void aRequest_thatWaitsForItsAnswer_isNotCutOff() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("late").gate(gate));
        var answer = client.sayLater(client.chat(), "hello");
        Wire.exchange(base, "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Wire.exchange(base, "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");

        gate.complete(null);

        assertThat(answer.join().status()).isEqualTo(201);
    }

    /** No pong can come before its end. */
    @Test
    void aLongFrame_thatComesSlowly_isRead() throws Exception {
        String message =
                "{\"type\":\"response.create\",\"store\":false,\"input\":\"hello\"%s}"
                        .formatted(" ".repeat(100_000));
        try (Wire wire = Wire.to(base).openSocket("none")) {
            wire.sendFrame(message.length(), "");
            int sent = 0;
            while (sent < 20_000) {
                wire.until(PING);
                wire.send(message.substring(sent, sent + 1000));
                sent += 1000;
            }
            wire.send(message.substring(sent));

            assertThat(wire.until("response.completed")).contains("response.created");
        }
    }

    @Test
    void aLongFrame_ofWhichHardlyAnythingComes_isNotWaitedFor() throws Exception {
        try (Wire wire = Wire.to(base).openSocket("none")) {
            wire.sendFrame(100_000, "x");

            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 100; i++) {
                                    wire.until(PING);
                                    wire.send("x");
                                }
                            })
                    .isInstanceOf(IOException.class);
        }
    }

    /** Every answer is the client's error or a success, and the service is as it was. */
    @Test
    void randomRequests_getNoServerErrorAndLeaveNoTrace() throws Exception {
        long seed = 0xF7A3E;
        Random random = new Random(seed);
        String valid =
                "POST /chats HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: */*\r\nX-Request-Id: a\r\nContent-Length: 13\r\n\r\n{\"title\":\"a\"}";
        List<String> requests = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            StringBuilder request = new StringBuilder(valid);
            for (int n = 0; n < 1 + random.nextInt(4); n++) {
                request.setCharAt(
                        random.nextInt(valid.length()),
                        random.nextBoolean()
                                ? (char) random.nextInt(256)
                                : "\r\n :%/,;\"".charAt(random.nextInt(9)));
            }
            requests.add(request + valid);
        }

        assertHarmless(requests, seed);
    }

    @Test
    void randomFrames_leaveTheServiceAsItWas() throws Exception {
        long seed = 0xF2A3E;
        Random random = new Random(seed);
        List<String> connections = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            StringBuilder frames =
                    new StringBuilder("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
            for (int n = 0; n < 1 + random.nextInt(5); n++) {
                byte[] payload = new byte[random.nextInt(60)];
                random.nextBytes(payload);
                frames.append(
                        Wire.frame(
                                random.nextInt(12),
                                random.nextInt(256),
                                random.nextInt(5),
                                new String(payload, StandardCharsets.ISO_8859_1)));
            }
            connections.add(frames.toString());
        }

        assertHarmless(connections, seed);
    }

    private void assertHarmless(List<String> sent, long seed) throws Exception {
        int before = client.get("/q/metrics").text().length();
        List<Future<String>> answers = new ArrayList<>();
        try (ErrorLog errors = ErrorLog.watched()) {
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (String each : sent) {
                    answers.add(threads.submit(() -> Wire.exchange(base, each)));
                }
            }
            assertThat(errors.lines()).as("of seed %d", seed).isEmpty();
        }

        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).get())
                    .as("number %d of seed %d", i, seed)
                    .doesNotContain("HTTP/1.1 5", "\"status\":5", "Exception");
        }
        assertThat(client.get("/chats").status()).isEqualTo(200);
        assertThat(client.get("/q/metrics").text().length() - before).isLessThan(20_000);
    }
}
