package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no well-meaning client sends. */
@QuarkusTest
class HostileInputTest extends HttpTest {
    @Inject Vertx vertx;

    @ParameterizedTest
    @ValueSource(strings = {"/", "/index.html", "/page/app.js"})
    void page_mayRunItsOwnFilesOnly(String path) {
        Answer answer = client.get(path);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Cache-Control")).isEqualTo("no-cache");
        assertThat(answer.header("Content-Security-Policy"))
                .contains(
                        "default-src 'none'",
                        "worker-src 'self'",
                        "connect-src 'self'",
                        "frame-ancestors 'none'")
                .containsPattern("script-src 'self' 'sha256-[A-Za-z0-9+/]{43}=';")
                .doesNotContain("unsafe", "*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/chats", "/chats/nonsense", "/nowhere", "/docs/", "/openapi"})
    void everyAnswer_tellsBrowsersToStayOut(String path) {
        Answer answer = client.get(path, "Origin", "http://evil.example");

        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Content-Security-Policy"))
                .contains("frame-ancestors 'none'")
                .contains("default-src");
        assertThat(answer.headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control-"));
    }

    @Test
    void randomBodies_getAClientErrorAndLeaveNoTrace() {
        long seed = 0x5EED;
        Random random = new Random(seed);
        String chat = client.chat();
        String valid = "{\"content\": \"hello\", \"whenBusy\": \"enqueue\"}";

        for (int i = 0; i < 400; i++) {
            byte[] body = i % 2 == 0 ? noise(random) : mutated(valid, random);
            Answer answer =
                    client.raw(
                            "POST", chat + "/messages", body, "Content-Type", "application/json");
            assertThat(answer.status()).as("body %d of seed %d", i, seed).isIn(201, 400, 422);
            assertHarmless(answer);
        }
        long accepted = client.messages(chat).size();
        assertThat(accepted).isEqualTo(2L * model.calls().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32", "ISO-8859-1"})
    void bodies_areUtf8(Charset other) {
        byte[] body = "{\"title\": \"\u00e9\"}".getBytes(other);

        Answer refused = client.raw("POST", "/chats", body, "Content-Type", "application/json");

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.code()).isEqualTo("malformed-json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uFEFF{\"title\": \"\uFFFD\"}", "{\"title\": \"\uFFFD\"}"})
    void bodies_mayHaveAByteOrderMarkAndReplacementCharacters(String body) {
        Answer created =
                client.raw(
                        "POST",
                        "/chats",
                        body.getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json");

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.json().path("title").asText()).isEqualTo("\uFFFD");
    }

    @Test
    void fieldName_thatIsCutInsideAPair_isNoServerError() {
        Answer refused = client.post("/chats", "{\"" + "x".repeat(99) + "\ud83d\ude00\": \"x\"}");

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.code()).isEqualTo("unknown-field");
    }

    @ParameterizedTest
    @CsvSource({"/chats", "CHAT/messages"})
    void deeplyNestedArrays_areMalformed(String path) {
        String nested = "[".repeat(100_000) + "]".repeat(100_000);
        String target = path.replace("CHAT", client.chat());

        for (String body : List.of(nested, "{\"content\": " + nested + "}", "[".repeat(100_000))) {
            Answer refused = client.post(target, body);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.code()).isEqualTo("malformed-json");
            assertHarmless(refused);
        }
    }

    /** Long ones are parsed elsewhere. */
    @ParameterizedTest
    @ValueSource(ints = {1, 100_000})
    void post_ofAnyLength_isCheckedTheSame(int length) {
        String chat = client.chat();
        String padding = " ".repeat(length);

        Answer unknown = client.post(chat + "/messages", "{\"contend\": \"x\"" + padding + "}");
        Answer malformed = client.post(chat + "/messages", "{\"content\": \"x\"" + padding);
        Answer fine = client.post(chat + "/messages", "{\"content\": \"x\"" + padding + "}");

        assertThat(unknown.code()).isEqualTo("unknown-field");
        assertThat(malformed.code()).isEqualTo("malformed-json");
        assertThat(fine.status()).isEqualTo(201);
        assertThat(client.messages(chat)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100_000})
    void completion_thatIsMalformed_isRefusedAtAnyLength(int length) {
        String padding = " ".repeat(length);
        String stored =
                "{\"store\": true, \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]";

        assertThat(completion("{\"messages\": []" + padding)).isEqualTo("400 malformed_json");
        assertThat(completion(stored + padding)).isEqualTo("400 malformed_json");
    }

    private String completion(String body) {
        Answer refused = client.post("/v1/chat/completions", body);
        return refused.status() + " " + refused.json().at("/error/code").asText();
    }

    /** Where an image could be, and a body may be long. */
    @ParameterizedTest
    @ValueSource(strings = {"CHAT/messages", "/v1/responses", "/v1/chat/completions"})
    void bodyOfVeryManyValues_isMalformed(String path) {
        String body = "{\"content\": [" + "{},".repeat(600_000) + "{}]}";

        Answer refused = client.post(path.replace("CHAT", client.chat()), body);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text()).contains("malformed").contains("1048576");
    }

    @Test
    void aBodyOverTheLimit_isTooLarge() {
        String chat = client.chat();
        byte[] body =
                ("{\"content\": \"" + "x".repeat(20_000_000) + "\"}")
                        .getBytes(StandardCharsets.UTF_8);

        Answer refused =
                client.raw("POST", chat + "/messages", body, "Content-Type", "application/json");

        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.code()).isEqualTo("too-large");
        assertThat(refused.json().path("detail").asText()).contains(" 15029592 bytes");
        assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
        assertThat(refused.json().path("requestId").asText())
                .isEqualTo(refused.header("X-Request-Id"));
        assertThat(client.messages(chat)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBodyOverTheLimit_isTooLargeOverHttp2Too(boolean saysHowLong) throws Exception {
        String path = "/chats";
        HttpClient http2 =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setProtocolVersion(HttpVersion.HTTP_2)
                                .setHttp2ClearTextUpgrade(false));

        HttpClientResponse refused =
                http2.request(HttpMethod.POST, base.getPort(), base.getHost(), path)
                        .compose(
                                request -> {
                                    request.putHeader("Content-Type", "application/json");
                                    if (saysHowLong) {
                                        request.putHeader("Content-Length", "1100000");
                                    } else {
                                        request.setChunked(true);
                                    }
                                    Future<Void> _ = request.write("x".repeat(1_000_000));
                                    Future<Void> _ = request.end("x".repeat(100_000));
                                    return request.response();
                                })
                        .compose(answer -> answer.end().map(answer))
                        .onComplete(_ -> http2.close())
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(20, TimeUnit.SECONDS);

        assertThat(refused.version()).isEqualTo(HttpVersion.HTTP_2);
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(refused.getHeader("Content-Type")).startsWith("application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 1200})
    void aChunkedBodyOverTheLimit_isTooLarge(int chunks) throws IOException {
        String head =
                """
                POST /chats HTTP/1.1\r
                Host: localhost\r
                Content-Type: application/json\r
                Transfer-Encoding: chunked\r
                \r
                """;
        String chunk = "10000\r\n" + "x".repeat(0x10000) + "\r\n";

        String answer = exchange(head + chunk.repeat(chunks) + "0\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 413")
                .contains("urn:konko:problem:too-large", " 1048576 bytes");
    }

    @Test
    void halfSentRequests_doNotKeepOthersFromBeingServed() throws IOException {
        String chat = client.chat();
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                Socket socket = new Socket(base.getHost(), base.getPort());
                open.add(socket);
                String half =
                        i % 2 == 0
                                ? "POST %s/messages HTTP/1.1\r\nHost: localhost\r\nContent-Le"
                                        .formatted(chat)
                                : """
                                POST %s/messages HTTP/1.1\r
                                Host: localhost\r
                                Content-Type: application/json\r
                                Content-Length: 100\r
                                \r
                                {"content": "he"""
                                        .formatted(chat);
                socket.getOutputStream().write(half.getBytes(StandardCharsets.UTF_8));
                socket.getOutputStream().flush();
            }

            assertThat(client.say(chat, "hello").status()).isEqualTo(201);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
        assertThat(client.messages(chat)).hasSize(2);
    }

    /** RFC 9112, 3.2. */
    @Test
    void aRequestWithoutHost_isAProblem() throws IOException {
        String answer = exchange("GET /chats HTTP/1.1\r\nConnection: close\r\n\r\n");

        assertThat(answer)
                .startsWith("HTTP/1.1 400")
                .containsIgnoringCase("\r\nX-Request-Id: ")
                .contains("urn:konko:problem:bad-header");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /nope, 404, not-found",
        "GET, /page/nothing.js, 404, not-found",
        "GET, /chats/x/y/z, 404, not-found",
        "PUT, /chats, 405, method-not-allowed",
        "POST, /chats/x/messages/y, 405, method-not-allowed",
        "GET, /chats/x/messages/y/z, 404, not-found",
    })
    void whatIsNotThere_isAProblemToo(String method, String path, int status, String code) {
        Answer refused = client.raw(method, path, new byte[0]);

        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
        assertThat(refused.header("X-Request-Id")).isNotEmpty();
    }

    /** RFC 9110, 15.5.6. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PUT    | /chats                        | GET, HEAD, OPTIONS, POST",
                "DELETE | /chats                        | GET, HEAD, OPTIONS, POST",
                "POST   | /chats/x                      | DELETE, GET, HEAD, OPTIONS, PATCH",
                "PUT    | /chats/x/messages             | GET, HEAD, OPTIONS, POST",
                "DELETE | /chats/x/messages/            | GET, HEAD, OPTIONS, POST",
                "POST   | /chats/x/messages/y           | GET, HEAD, OPTIONS",
                "PATCH  | /chats/x/messages/y           | GET, HEAD, OPTIONS",
                "GET    | /chats/x/messages/y/retry     | OPTIONS, POST",
                "HEAD   | /chats/x/messages/y/cancel    | OPTIONS, POST",
                "POST   | /chats/x/summary              | GET, HEAD, OPTIONS",
                "POST   | /usage                        | GET, HEAD, OPTIONS",
                "PUT    | /v1/conversations/x/items     | GET, HEAD, OPTIONS, POST",
                "PATCH  | /v1/conversations/x/items/y   | DELETE, GET, HEAD, OPTIONS",
                "DELETE | /v1/models/a/b                | GET, HEAD, OPTIONS",
            })
    void whatTakesOtherMethods_saysWhich(String method, String path, String allowed) {
        Answer refused = client.raw(method, path, new byte[0]);

        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.header("Allow").split(", ")).containsExactly(allowed.split(", "));
    }

    /** RFC 9110, 5.6: what a header's grammar allows makes no difference. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``                                                         | application/json",
                "application/json;a=\"b,c\"                               | application/json",
                "application/json;a=\"\\\";,\" ; q=0.9                 | application/json",
                "application/json ; q=0.9                                   | application/json",
                "*/* ; q=0.5                                                | application/json",
                ", application/json,, ,                                     | application/json",
                "text/event-stream ;q=0.9 , application/json ;q=0.1         | text/event-stream",
                "text/event-stream; q=0.1, application/json;  q=0.2         | application/json",
            })
    void accept_isReadAsItIsMeant(String accept, String type) {
        Answer answer = client.say(client.chat(), "hello", "Accept", accept);

        assertThat(answer.status()).isBetween(200, 201);
        assertThat(answer.header("Content-Type")).startsWith(type);
    }

    /** As long as a header may be; nothing may go as deep as it is long. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a/b;x=\" | y | ",
                "a/b;x=\" | y | \"",
                "a/b;x=\" | \\y | ",
                "a | ' ' | b",
                "a/b | ;\" | x"
            })
    void longHeaders_areNoServerError(String start, String middle, String end) {
        String accept = start + middle.repeat(16_000 / middle.length()) + (end == null ? "" : end);

        Answer refused = client.say(client.chat(), "hello", "Accept", accept);

        assertThat(refused.status()).isEqualTo(406);
        assertHarmless(refused);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json ; charset=utf-8",
                "application/json;charset=\"utf-8\"",
                " application/json\t; charset=utf-8 ",
            })
    void contentType_isReadAsItIsMeant(String type) {
        Answer answer =
                client.raw(
                        "POST",
                        client.chat() + "/messages",
                        "{\"content\": \"x\"}".getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        type);

        assertThat(answer.status()).isEqualTo(201);
    }

    @ParameterizedTest
    @CsvSource({
        "Accept, ;;;",
        "Accept, text",
        "Accept, a/b;q=x",
        "Accept, a/b/c",
        "Accept, /",
        "Accept, application/json;q=\"",
        "Content-Type, ;",
        "Content-Type, json"
    })
    void oddHeaders_areNoServerError(String name, String value) {
        String chat = client.chat();
        String other = name.equals("Accept") ? "Content-Type" : "Accept";

        Answer answer =
                client.raw(
                        "POST",
                        chat + "/messages",
                        "{\"content\": \"x\"}".getBytes(StandardCharsets.UTF_8),
                        name,
                        value,
                        other,
                        "application/json");

        assertThat(answer.status()).isBetween(200, 499);
        assertHarmless(answer);
    }

    @Test
    void requestId_isTheClientsOwnIfItIsSane() {
        assertThat(client.get("/chats", "X-Request-Id", "abc-1.2_3").header("X-Request-Id"))
                .isEqualTo("abc-1.2_3");
        assertThat(client.get("/chats", "X-Request-Id", "<script>").header("X-Request-Id"))
                .doesNotContain("<");
        assertThat(client.get("/chats", "X-Request-Id", "x".repeat(129)).header("X-Request-Id"))
                .hasSize(36);
        assertThat(client.get("/nope", "X-Request-Id", "mine").json().path("requestId").asText())
                .isEqualTo("mine");
        assertThat(client.get("/q/health/live").header("X-Request-Id")).hasSize(36);
    }

    @Test
    void aLongQuery_isInvalidNotUnreadable() {
        Answer refused = client.get("/chats?q=" + "x".repeat(5000));

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().path("violations").path(0).path("field").asText()).isEqualTo("q");
    }

    private String exchange(String request) throws IOException {
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(20_000);
            Thread writer =
                    Thread.startVirtualThread(
                            () -> {
                                try {
                                    socket.getOutputStream()
                                            .write(request.getBytes(StandardCharsets.UTF_8));
                                    socket.getOutputStream().flush();
                                } catch (IOException refusedHalfway) {
                                    // The server may close before it has read it all.
                                }
                            });
            byte[] buffer = new byte[4096];
            int length = socket.getInputStream().read(buffer);
            writer.interrupt();
            return new String(buffer, 0, Math.max(0, length), StandardCharsets.UTF_8);
        }
    }

    private static byte[] noise(Random random) {
        byte[] noise = new byte[random.nextInt(200)];
        random.nextBytes(noise);
        return noise;
    }

    private static byte[] mutated(String valid, Random random) {
        byte[] bytes = valid.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 1 + random.nextInt(3); i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }

    private static void assertHarmless(Answer answer) {
        assertThat(answer.text())
                .doesNotContain("Exception", "java.", "com.fasterxml", "at [Source");
    }
}
