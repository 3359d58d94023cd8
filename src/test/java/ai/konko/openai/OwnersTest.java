package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModelResource;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may call under /v1, and what of others they get to see: nothing. */
@QuarkusTest
@TestProfile(OwnersTest.Guarded.class)
@WithTestResource(FakeModelResource.class)
class OwnersTest {
    private static final String ADAS = "ada-0123456789abcdef";
    private static final String BOBS = "bob-0123456789abcdef";
    private static final String EVE = "eve-0123456789abcdef";
    private static final String SLOW = "slow-0123456789abcdef";

    /** Keys of three, and little for each. */
    public static final class Guarded implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.api-keys",
                    "ada:%s,bob:%s,eve:%s,slow:%s".formatted(ADAS, BOBS, EVE, SLOW),
                    "konko.limits.web-sockets",
                    "2",
                    "konko.limits.requests-per-minute",
                    "100",
                    "konko.cors.origins",
                    "https://app.example, capacitor://localhost");
        }
    }

    @TestHTTPResource URI base;
    FakeModel model;
    private Client ada;
    private Client bob;

    @BeforeEach
    void freshClientsAndModel() {
        model.reset();
        ada = new Client(base).as(ADAS);
        bob = new Client(base).as(BOBS);
    }

    @Test
    void nobody_isUnauthenticatedEverywhere() {
        Client nobody = new Client(base);

        for (String path : List.of("/v1/models", "/v1/conversations", "/v1/nothing")) {
            Answer refused = nobody.get(path);

            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.json().at("/error/type").asText()).isEqualTo("authentication_error");
            assertThat(refused.header("WWW-Authenticate")).isEqualTo("Bearer");
        }
    }

    @Test
    void whatIsSomebodyElses_isAsIfItWereNobodys() {
        Answer response = ada.post("/v1/responses", "{\"input\": \"hello\"}");
        String conversation = response.json().at("/conversation/id").asText();
        String unknown = "resp_" + "0".repeat(64);
        String item = response.json().at("/output/0/id").asText();
        Answer stored =
                ada.post(
                        "/v1/chat/completions",
                        "{\"store\": true, \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
        String completion = "/v1/chat/completions/" + stored.id();

        assertThat(bob.get("/v1/responses/" + response.id()).json())
                .isEqualTo(bob.get("/v1/responses/" + unknown).json());
        for (String path :
                List.of(
                        "/v1/responses/" + response.id(),
                        "/v1/responses/" + response.id() + "?stream=true",
                        "/v1/responses/" + response.id() + "/input_items",
                        completion,
                        completion + "/messages",
                        "/v1/conversations/" + conversation,
                        "/v1/conversations/" + conversation + "/items",
                        "/v1/conversations/" + conversation + "/items/" + item)) {
            assertThat(bob.get(path).status()).isEqualTo(404);
            assertThat(ada.get(path).status()).isEqualTo(200);
        }
        assertThat(bob.delete("/v1/responses/" + response.id()).status()).isEqualTo(404);
        assertThat(bob.delete("/v1/conversations/" + conversation).status()).isEqualTo(404);
        assertThat(bob.post("/v1/responses/" + response.id() + "/cancel", "").status())
                .isEqualTo(404);
        String inConversation =
                "{\"input\": \"x\", \"conversation\": \"%s\"}".formatted(conversation);
        assertThat(bob.post("/v1/responses", inConversation).status()).isEqualTo(404);
        for (String body :
                List.of(
                        "{\"input\": \"x\", \"previous_response_id\": \"%s\"}"
                                .formatted(response.id()),
                        "{\"input\": \"x\", \"store\": false, \"previous_response_id\": \"%s\"}"
                                .formatted(response.id()))) {
            assertThat(bob.post("/v1/responses", body).status()).isEqualTo(400);
        }
        String image =
                ada.post(
                                "/v1/responses",
                                """
                                {"store": true, "input": [{"role": "user", "content": [{"type": "input_image",
                                 "image_url": "data:image/gif;base64,R0lGODlhAQ=="}]}]}
                                """)
                        .id();
        String shown =
                ada.get("/v1/responses/" + image + "/input_items")
                        .json()
                        .at("/data/0/content")
                        .toString();
        String showing = "{\"store\": false, \"input\": [{\"role\": \"user\", \"content\": %s}]}";
        assertThat(bob.post("/v1/responses", showing.formatted(shown)).status()).isEqualTo(422);
        assertThat(ada.post("/v1/responses", showing.formatted(shown)).status()).isEqualTo(200);
        assertThat(bob.delete(completion).status()).isEqualTo(404);
        assertThat(bob.post(completion, "{\"metadata\": {}}").status()).isEqualTo(404);
        assertThat(bob.get("/v1/chat/completions").json().path("data")).isEmpty();
        assertThat(bob.get("/v1/conversations").json().path("data")).isEmpty();
        assertThat(model.calls()).hasSize(4);
    }

    @Test
    void socket_needsCredentials() {
        assertThat(SocketClient.refusal(base)).isEqualTo(401);
        assertThat(SocketClient.refusal(base, "Authorization", "Bearer no-such-key"))
                .isEqualTo(401);
    }

    @Test
    void socket_ofSomebodyElse_continuesNothing() throws Exception {
        Answer response = ada.post("/v1/responses", "{\"input\": \"mine\"}");
        try (SocketClient socket = socket(BOBS)) {
            String previous = ", \"previous_response_id\": \"%s\"".formatted(response.id());

            socket.ask("x", previous);

            assertThat(socket.answer().at("/error/code").asText())
                    .isEqualTo("previous_response_not_found");
        }
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void sockets_ofOneOwner_areBounded() throws Exception {
        try (SocketClient one = socket(EVE);
                SocketClient _ = socket(EVE)) {
            assertThat(SocketClient.refusal(base, "Authorization", "Bearer " + EVE)).isEqualTo(503);
            try (SocketClient others = socket(BOBS)) {
                others.ask("hello", "");
                assertThat(others.answer().path("status").asText()).isEqualTo("completed");
            }

            one.leave();

            await().until(
                            () ->
                                    SocketClient.refusal(base, "Authorization", "Bearer " + EVE)
                                            == 101);
        }
    }

    /** Each is counted as a request is. */
    @Test
    void messages_ofOneOwner_areBoundedInAMinute() throws Exception {
        try (SocketClient socket = socket(EVE)) {
            for (int i = 0; i < 150; i++) {
                socket.send("{}");
            }

            JsonNode error = socket.answer();
            for (int i = 0; i < 150 && error.path("status").asInt() != 429; i++) {
                error = socket.answer();
            }

            assertThat(error.at("/error/code").asText()).isEqualTo("rate_limit_exceeded");
        }
    }

    private SocketClient socket(String key) {
        return new SocketClient(base, "Authorization", "Bearer " + key);
    }

    @Test
    void retryOfSomebodyElse_isNotAttached() {
        String body = "{\"input\": \"the same\"}";
        Answer first = ada.post("/v1/responses", body, "x-stainless-retry-count", "0");

        Answer others = bob.post("/v1/responses", body, "x-stainless-retry-count", "1");

        assertThat(others.status()).isEqualTo(200);
        assertThat(others.id()).isNotEqualTo(first.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/chats", "/v1/nothing", "/page/app.js"})
    void preflight_needsNoCredentials(String path) throws IOException {
        String answer =
                preflight(
                        path,
                        "https://app.example",
                        "Access-Control-Request-Private-Network: true");

        assertThat(answer)
                .startsWith("HTTP/1.1 204")
                .containsIgnoringCase("\r\naccess-control-allow-origin: https://app.example\r\n")
                .containsIgnoringCase("\r\naccess-control-allow-headers: authorization,x-a\r\n")
                .containsIgnoringCase("\r\naccess-control-allow-private-network: true\r\n")
                .containsPattern("(?i)access-control-allow-methods: .*POST.*DELETE")
                .containsIgnoringCase("\r\nvary: origin\r\n");
    }

    @Test
    void preflight_ofAnotherOrigin_needsThem() throws IOException {
        assertThat(preflight("/chats", "https://app.example.org", "X-B: c"))
                .startsWith("HTTP/1.1 401")
                .doesNotContainIgnoringCase("access-control-allow");
    }

    private String preflight(String path, String origin, String header) throws IOException {
        byte[] request =
                "OPTIONS %s HTTP/1.1\r\nHost: localhost\r\nOrigin: %s\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,x-a\r\n%s\r\nConnection: close\r\n\r\n"
                        .formatted(path, origin, header)
                        .getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.getOutputStream().write(request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void page_ofAnOriginThatIsLetIn_mayReadWhateverIsAnswered() {
        String body =
                "{\"stream\": true, \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}";
        for (Answer answer :
                List.of(
                        ada.get("/chats", "Origin", "https://app.example"),
                        ada.get("/nothing", "Origin", "https://app.example"),
                        new Client(base).get("/v1/models", "Origin", "https://app.example"),
                        ada.post("/v1/chat/completions", body, "Origin", "https://app.example"))) {
            assertThat(answer.header("Access-Control-Allow-Origin"))
                    .isEqualTo("https://app.example");
            assertThat(answer.header("Access-Control-Expose-Headers"))
                    .contains("X-Request-Id", "Location", "Retry-After");
            assertThat(answer.header("Vary")).containsIgnoringCase("origin");
        }
        assertThat(ada.get("/chats").headers().map())
                .containsKey("vary")
                .doesNotContainKey("access-control-allow-origin");
        assertThat(ada.get("/chats", "Origin", "https://b.example").headers().map())
                .doesNotContainKey("access-control-allow-origin");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/q/metrics", "/q/health/live", "//q/metrics", "/x/../q/metrics"})
    void page_ofAnOriginThatIsLetIn_mayNotReadAboutTheProcess(String path) throws IOException {
        assertThat(preflight(path, "https://app.example", "X-B: c"))
                .doesNotContainIgnoringCase("access-control-allow");
        assertThat(ada.get("/q/metrics", "Origin", "https://app.example").headers().map())
                .doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void tooManyRequests_areRateLimited() {
        Client slow = new Client(base).as(SLOW);
        Answer last = slow.get("/v1/models");
        for (int i = 0; i < 200 && last.status() == 200; i++) {
            last = slow.get("/v1/models");
        }

        assertThat(last.status()).isEqualTo(429);
        assertThat(last.header("Retry-After")).isNotEmpty();
        assertThat(last.json().at("/error/type").asText()).isEqualTo("rate_limit_error");
        assertThat(last.json().at("/error/code").asText()).isEqualTo("rate_limit_exceeded");
    }
}
