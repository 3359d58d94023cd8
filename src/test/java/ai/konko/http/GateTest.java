package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client;
import ai.konko.api.HttpTest;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes over a connection before it is a request. */
@QuarkusTest
class GateTest extends HttpTest {
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3}) ");

    private static final String POST =
            "POST /chats HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    private static final String NEXT = "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: xchunked\r\n\r\n{}",
                "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding:\r\n\r\n",
                "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n2;a=\"\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n{}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n",
                "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
                "Content-Length: 2, 2\r\n\r\n{}",
                "Content-Length: +2\r\n\r\n{}",
                "Content-Length: 0x2\r\n\r\n{}",
                "Content-Length: \r\n\r\n{}",
                "Content-Length : 2\r\n\r\n{}",
                "X: a\rContent-Length: 2\r\n\r\n{}",
                "X: a\nContent-Length: 2\r\n\r\n{}",
                "X: a\0b\r\n\r\n",
                "X: a\r\n folded\r\n\r\n",
                "Host: other\r\n\r\n",
                ": nameless\r\n\r\n",
                "no colon\r\n\r\n",
            })
    void aRequest_thatCanBeReadInTwoWays_isTheLastOfItsConnection(String rest) throws IOException {
        String answer = Wire.exchange(base, POST + rest + NEXT);

        assertThat(answer)
                .startsWith("HTTP/1.1 400")
                .contains("urn:konko:problem:bad-header", "X-Request-Id: ", "Connection: close");
        assertThat(statuses(answer)).containsExactly("400");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\1\2\0GET /q/health/live HTTP/1.1",
                " GET /q/health/live HTTP/1.1",
                "GET  /q/health/live HTTP/1.1",
                "GET /q/health/live  HTTP/1.1",
                "GET\t/q/health/live\tHTTP/1.1",
                "GET /q/health/live",
                "GET /q/health/live HTTP/1.1 ",
                "GET /q/health/live HTTP/1.10",
                "GET /q/health/live HTTP/3.0",
                "GET /q/health/live http/1.1",
                "GET q/health/live HTTP/1.1",
                "GET http://elsewhere/q/health/live HTTP/1.1",
                "GET http://a@localhost/q/health/live HTTP/1.1",
                "G(T /q/health/live HTTP/1.1",
                "GET /chats?q=100% HTTP/1.1",
                "GET /chats/%zz HTTP/1.1",
                "GET /chats/%e HTTP/1.1",
                "GET /chats?q={x} HTTP/1.1",
                "GET /chats\\x HTTP/1.1",
                "PRI * HTTP/2.0",
            })
    void aFirstLine_thatIsNone_isAProblem(String line) throws IOException {
        String answer = Wire.exchange(base, line + "\r\nHost: localhost\r\n\r\n" + NEXT);

        assertThat(answer)
                .startsWith("HTTP/1.1 400")
                .contains("application/problem+json", "X-Request-Id: ");
        assertThat(statuses(answer)).containsExactly("400");
    }

    @Test
    void aLongAddress_isAProblem() throws IOException {
        String answer = Wire.exchange(base, "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 414")
                .contains("urn:konko:problem:uri-too-long", "X-Request-Id: ");
    }

    @Test
    void longHeaders_areAProblem() throws IOException {
        String answer =
                Wire.exchange(base, "GET / HTTP/1.1\r\nX: " + "y".repeat(30_000) + "\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 431")
                .contains("urn:konko:problem:headers-too-large", "X-Request-Id: ");
    }

    /** What is plain stays as it is, however it comes. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000})
    void wholeRequests_areAnsweredInWhateverPieces(int size) throws IOException {
        String requests =
                "\r\n"
                        + NEXT
                        + POST
                        + "Content-Length: 13\r\n\r\n{\"title\":\"a\"}"
                        + POST
                        + "Transfer-Encoding: Chunked\r\n\r\n"
                        + "0000000001;x=y\r\n"
                        + "{\r\n"
                        + "C\r\n"
                        + "\"title\":\"b\"}\r\n"
                        + "0\r\n"
                        + "X: y\r\n\r\n"
                        + "BREW /chats HTTP/1.1\r\n"
                        + "Host: localhost\r\n\r\n"
                        + "CONNECT localhost:80 HTTP/1.1\r\n"
                        + "Host: localhost:80\r\n\r\n"
                        + "GET http://localhost/q/health/live HTTP/1.1\r\n"
                        + "Host: localhost\r\n\r\n"
                        + "GET /q/health/live HTTP/1.1\r\n"
                        + "Host: localhost\r\n"
                        + "Connection: close\r\n\r\n";

        String answers;
        try (Wire wire = Wire.to(base)) {
            for (int i = 0; i < requests.length(); i += size) {
                wire.send(requests.substring(i, Math.min(requests.length(), i + size)));
            }
            answers = wire.rest();
        }

        assertThat(statuses(answers))
                .containsExactly("200", "201", "201", "405", "405", "200", "200");
        assertThat(answers).contains("\"title\":\"a\"", "\"title\":\"b\"");
    }

    @Test
    void aBadRequestAfterAGoodOne_isAnsweredAfterIt() throws IOException {
        String answer = Wire.exchange(base, NEXT + POST + "Content-Length: x\r\n\r\n" + NEXT);

        assertThat(statuses(answer)).containsExactly("200", "400");
    }

    @Test
    void methodsThatNobodyKnows_leaveNoTraceInMetrics() throws IOException {
        client.raw("TRACK", "/chats", new byte[0]);
        int before = client.get("/q/metrics").text().length();

        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            requests.append("M%d /chats HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(i));
        }
        String answers =
                Wire.exchange(
                        base, requests + NEXT.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));

        assertThat(answers.split("HTTP/1.1 405", -1)).hasSize(201);
        assertThat(answers).contains("Allow: GET, HEAD, OPTIONS, POST");
        assertThat(client.get("/q/metrics").text().length() - before).isLessThan(5_000);
        assertThat(client.get("/q/metrics").text()).doesNotContain("M17");
    }

    @Test
    void http2_hasNoMethodsOfItsOwnEither() throws IOException {
        StringBuilder frames = new StringBuilder(PREFACE);
        for (int i = 0; i < 50; i++) {
            frames.append(
                    headers(
                            2 * i + 1,
                            literal(":method", i % 2 == 0 ? "W" + i : "CONNECT")
                                    + (i % 2 == 0
                                            ? literal(":path", "/chats")
                                                    + literal(":scheme", "http")
                                            : "")
                                    + literal(":authority", "localhost")));
        }
        frames.append(
                headers(
                        101,
                        literal(":method", "GET")
                                + literal(":path", "/chats?q=100%")
                                + literal(":scheme", "http")
                                + literal(":authority", "localhost")));

        try (Wire wire = Wire.to(base)) {
            String answers = wire.send(frames.toString()).until("must be encoded");
            assertThat(answers).contains("bad-header").doesNotContain("internal");
        }
        assertThat(client.get("/q/metrics").text()).doesNotContain("W48", "CONNECT");
    }

    @Test
    void http2_hasNoControlsInHeaders() throws IOException {
        String get =
                literal(":method", "GET")
                        + literal(":path", "/chats")
                        + literal(":scheme", "http")
                        + literal(":authority", "localhost");

        try (Wire wire = Wire.to(base)) {
            wire.send(PREFACE);
            int stream = 1;
            for (String value : List.of("a\rb", "a\nb", "a\0b", "a\u007fb")) {
                wire.send(
                        headers(
                                stream,
                                get + literal("x-request-id", "mine") + literal("x", value)));
                assertThat(wire.until("\"requestId\":\"mine\""))
                        .contains("bad-header", "control characters");
                stream += 2;
            }
            wire.send(headers(stream, get + literal("x", "a\tb")));
            assertThat(wire.until("nextCursor")).doesNotContain("problem");
        }
    }

    @Test
    void http2_longHeaders_areAProblem() throws IOException {
        String get =
                literal(":method", "GET")
                        + literal(":path", "/chats")
                        + literal(":scheme", "http")
                        + literal(":authority", "localhost");
        String many = literal("x", "y".repeat(100)).repeat(200);

        try (Wire wire = Wire.to(base)) {
            wire.send(PREFACE);
            wire.send(Wire.frame(1, 1, 1, get + many.substring(0, 10_000)));
            wire.send(Wire.frame(9, 4, 1, many.substring(10_000)));

            assertThat(wire.until("too large")).contains("headers-too-large", "x-request-id");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AAMAAABkAAQAAP__"})
    void settingsOfHttp2_mayBeInARequest(String settings) throws IOException {
        assertThat(upgrade(settings)).startsWith("HTTP/1.1 101");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "AAMAAABk!AQAAP__", "AAMAAABkAAQAAP"})
    void settingsOfHttp2_thatAreNone_areAProblem(String settings) throws IOException {
        assertThat(upgrade(settings))
                .startsWith("HTTP/1.1 400")
                .contains("urn:konko:problem:bad-header", "X-Request-Id: ");
    }

    private String upgrade(String settings) throws IOException {
        try (Wire wire = Wire.to(base)) {
            wire.send(
                    "GET /chats HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
                            + settings
                            + "\r\n\r\n");
            return wire.until("\r\n\r\n") + wire.until("}");
        }
    }

    /** RFC 9110, 15.5.6. */
    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/page/app.js", "/openapi", "/docs/", "/q/metrics", "/q/health/live"})
    void whatCanOnlyBeRead_saysSo(String path) {
        for (String method : new String[] {"POST", "PUT", "DELETE", "PATCH"}) {
            Client.Answer refused = client.raw(method, path, new byte[0]);
            assertThat(refused.status()).as(method).isEqualTo(405);
            assertThat(refused.header("Allow")).isEqualTo("GET, HEAD, OPTIONS");
            assertThat(refused.code()).isEqualTo("method-not-allowed");
        }
        assertThat(client.raw("OPTIONS", path, new byte[0]).header("Allow"))
                .isEqualTo("GET, HEAD, OPTIONS");
    }

    private static List<String> statuses(String answers) {
        return STATUS.matcher(answers).results().map(status -> status.group(1)).toList();
    }

    private static String headers(int stream, String block) {
        return Wire.frame(1, 5, stream, block);
    }

    private static String literal(String name, String value) {
        return "\0" + (char) name.length() + name + (char) value.length() + value;
    }
}
