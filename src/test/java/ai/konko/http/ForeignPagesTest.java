package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.api.HttpTest;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What pages of other sites can have a browser send to a service that asks for no credentials. */
@QuarkusTest
class ForeignPagesTest extends HttpTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/chats",
                "/",
                "/page/app.js",
                "/openapi",
                "/docs/",
                "/q/metrics",
                "/q/health/ready",
                "/v1/models",
                "/usage",
                "/nothing"
            })
    void request_toAForeignHost_isForbidden(String path) throws IOException {
        String answer = get(path, "evil.example:" + base.getPort());

        assertThat(answer)
                .startsWith("HTTP/1.1 403")
                .containsIgnoringCase("\r\nX-Request-Id: ")
                .contains("forbidden", "localhost only");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "evil.localhost",
                "localhost.",
                "0.0.0.0",
                "127.0.0.2",
                "2130706433",
                "[::2]:8080",
                "[::ffff:127.0.0.1]",
                "chat",
                ""
            })
    void onlyThisMachinesNames_areHosts(String host) throws IOException {
        assertThat(get("/chats", host)).containsPattern("^HTTP/1.1 40[03]").doesNotContain("data");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:1", "[::1]:9"})
    void thisMachinesNames_areServed(String host) throws IOException {
        assertThat(get("/chats", host)).startsWith("HTTP/1.1 200");
    }

    /** Nobody but a proxy speaks HTTP/1.0, and it may call the service as it likes. */
    @ParameterizedTest
    @CsvSource({"upstream, 200", "upstream:80, 200", "evil.example, 403", "[::2], 403"})
    void aProxyOfOldMay_nameItsUpstream(String host, int status) throws IOException {
        String answer = Wire.exchange(base, "GET /chats HTTP/1.0\r\nHost: " + host + "\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.0 " + status);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST  | Origin: https://evil.example",
                "POST  | Origin: http://localhost.evil.example",
                "POST  | Origin: null",
                "POST  | Origin: localhost",
                "POST  | Origin: file://",
                "POST  | Sec-Fetch-Site: cross-site",
                "POST  | Sec-Fetch-Site: anything",
                "PATCH | Origin: https://evil.example",
                "GET   | Origin: https://evil.example",
                "GET   | Sec-Fetch-Site: cross-site",
                "DELETE | Origin: chrome-extension://abc",
            })
    void request_ofAnotherSite_isForbiddenAndWithoutEffect(String method, String header)
            throws IOException {
        String chat = client.chat();
        String path = method.equals("POST") ? chat + "/messages" : chat;

        String answer =
                Wire.exchange(
                        base,
                        "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"content\":\"x\"}"
                                .formatted(method, path, header));

        assertThat(answer).startsWith("HTTP/1.1 403").contains("urn:konko:problem:forbidden");
        assertThat(client.get(chat).status()).isEqualTo(200);
        assertThat(client.messages(chat)).isEmpty();
        assertThat(model.calls()).isEmpty();
    }

    @Test
    void aBarePost_ofAnotherSite_isForbidden() throws IOException {
        String answer =
                Wire.exchange(
                        base,
                        "POST /chats HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 403");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: http://localhost:3000",
                "Origin: http://127.0.0.1:5173",
                "Origin: http://[::1]:1",
                "Sec-Fetch-Site: same-origin",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: none"
            })
    void pagesOfThisMachine_areServed(String header) throws IOException {
        String answer =
                Wire.exchange(
                        base,
                        "POST /chats HTTP/1.1\r\nHost: localhost\r\n%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                .formatted(header));

        assertThat(answer).startsWith("HTTP/1.1 201");
    }

    @ParameterizedTest
    @CsvSource({
        "/, navigate, document, 200",
        "/openapi, navigate, document, 200",
        "/, navigate, iframe, 403",
        "/page/app.js, no-cors, script, 403",
        "/chats, navigate, document, 403",
    })
    void aLink_mayLeadToThePage(String path, String mode, String destination, int status)
            throws IOException {
        String answer =
                Wire.exchange(
                        base,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: %s\r\nSec-Fetch-Dest: %s\r\nConnection: close\r\n\r\n"
                                .formatted(path, mode, destination));

        assertThat(answer).startsWith("HTTP/1.1 " + status);
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /chats, {}",
        "POST, CHAT/messages, {\"content\": \"x\"}",
        "PATCH, CHAT, {\"title\": \"x\"}",
        "POST, /v1/conversations, {}",
        "POST, /v1/responses, {\"input\": \"x\"}",
        "POST, /v1/chat/completions, {\"messages\": []}",
    })
    void aBodyWithoutItsType_isUnsupported(String method, String path, String body) {
        String target = path.replace("CHAT", client.chat());

        for (String type : new String[] {"", "*/*", "application/*", "text/plain"}) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            Answer refused =
                    type.isEmpty()
                            ? client.raw(method, target, bytes)
                            : client.raw(method, target, bytes, "Content-Type", type);
            assertThat(refused.status()).as(type).isEqualTo(415);
        }
        assertThat(model.calls()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"identity, 201", "IDENTITY, 201", "'identity, identity', 201", "gzip, 415"})
    void identity_isNoEncoding(String encoding, int status) {
        Answer answer = client.post("/chats", "{}", "Content-Encoding", encoding);

        assertThat(answer.status()).isEqualTo(status);
    }

    @Test
    void ids_areTheSameInCapitals() {
        String chat = client.chat();
        String reply = client.say(chat, "hello").reply().path("id").asText();
        String capitals = "/chats/" + chat.substring(7).toUpperCase(Locale.ROOT);
        String conversation = chat.substring(7).replace("-", "");

        assertThat(client.get(capitals).id()).isEqualTo(chat.substring(7));
        assertThat(client.get(capitals + "/messages/" + reply.toUpperCase(Locale.ROOT)).id())
                .isEqualTo(reply);
        assertThat(
                        client.get(
                                        "/v1/conversations/conv_"
                                                + conversation.toUpperCase(Locale.ROOT))
                                .id())
                .isEqualTo("conv_" + conversation);
        assertThat(client.get("/chats/" + conversation).status()).isEqualTo(404);
    }

    private String get(String path, String host) throws IOException {
        return Wire.exchange(
                base,
                "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n".formatted(path, host));
    }
}
