package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.FakeModelResource;
import ai.konko.fake.TestIssuer;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may call, and what of others they get to see: nothing. */
@QuarkusTest
@TestProfile(AccessTest.Guarded.class)
@WithTestResource(FakeModelResource.class)
@WithTestResource(TestIssuer.class)
class AccessTest {
    private static final String ADAS = "ada-0123456789abcdef";
    private static final String ADAS_NEXT = "ada-next-0123456789:abcdef";
    private static final String BOBS = "bob-0123456789abcdef";
    private static final String SLOW = "slow-0123456789abcdef";

    /** Keys of three, tokens, and little for each. */
    public static final class Guarded implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "konko.api-keys",
                    "ada:%s, ada:%s,bob:%s,slow:%s".formatted(ADAS, ADAS_NEXT, BOBS, SLOW),
                    "konko.operators",
                    "bob",
                    "konko.limits.requests-per-minute",
                    "300",
                    "konko.limits.turns-in-flight-per-owner",
                    "3");
        }
    }

    @TestHTTPResource URI base;
    FakeModel model;
    TestIssuer issuer;
    private Client nobody;
    private Client ada;
    private Client bob;

    @BeforeEach
    void clients() {
        model.reset();
        nobody = new Client(base);
        ada = nobody.as(ADAS);
        bob = nobody.as(BOBS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/chats",
                "/chats/x/messages",
                "/usage",
                "/chats//",
                "/q/../chats",
                "/nothing"
            })
    void get_withoutCredentials_isUnauthenticated(String path) {
        Answer answer = nobody.get(path);

        assertUnauthenticated(answer);
    }

    @Test
    void post_withoutCredentials_isRefusedAndTheConnectionStaysUsable() {
        for (int i = 0; i < 3; i++) {
            assertUnauthenticated(
                    nobody.post("/chats", "{\"title\": \"" + "x".repeat(100_000) + "\"}"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer wrong-0123456789abcdef",
                "Bearer ada-0123456789abcde",
                "Bearer ada-0123456789abcdefg",
                "Bearer ADA-0123456789ABCDEF",
                "Bearer ada-0123456789abcdef x",
                "Bearer ada:ada-0123456789abcdef",
                "Bearer",
                "Bearer ",
                "Basic YWRhOmFkYS0wMTIzNDU2Nzg5YWJjZGVm",
                "ada-0123456789abcdef",
                "Bearer a.b.c",
                "Bearer .",
                "Bearer ..",
                "Bearer ...",
                "Bearer .....",
                "Bearer a.",
                "Bearer .a",
                "Bearer a..c",
                "Bearer .e30.",
                "Bearer e30.e30.",
                "Bearer e30.e30.e30",
                "Bearer e30.e30.e30.e30.e30",
                "Bearer bnVsbA.bnVsbA.bnVsbA",
                "Bearer W10.W10.W10",
                "Bearer IiI.IiI.IiI",
                "Bearer MQ.MQ.MQ",
                "Bearer ew.ew.ew",
                "Bearer %.%.%",
                "Bearer +/=.+/=.+/=",
                "Bearer ====.====.====",
                "Bearer _w._w._w",
                "Bearer eyJhbGciOjF9.eyJzdWIiOjF9.x",
                "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.x",
                "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6bnVsbH0.eyJleHAiOiJ4In0.x",
                "Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AA.AA.AA",
                "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."
            })
    void get_withWrongCredentials_isUnauthenticatedAndDoesNotRepeatThem(String authorization) {
        Answer answer = nobody.get("/chats", "Authorization", authorization);

        assertUnauthenticated(answer);
        assertThat(answer.text()).doesNotContain("0123456789");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", ".", "e30.", "[["})
    void get_withALongTokenOfNothing_isUnauthenticated(String piece) {
        assertUnauthenticated(nobody.as(piece.repeat(6000 / piece.length())).get("/chats"));
    }

    @Test
    void get_withTwoCredentials_isUnauthenticated() {
        assertUnauthenticated(ada.get("/chats", "Authorization", "Bearer " + ADAS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bearer", "BEARER", "Bearer  "})
    void get_withAnySpellingOfTheScheme_isLetIn(String scheme) {
        assertThat(nobody.get("/chats", "Authorization", scheme + " " + ADAS).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/index.html",
                "/page/app.js",
                "/openapi",
                "/docs/",
                "/q/health/live",
                "/q/health/ready",
                "/q/metrics"
            })
    void get_ofWhatIsPublic_needsNoCredentials(String path) {
        assertThat(nobody.get(path).status()).isEqualTo(200);
        assertThat(nobody.get(path, "Authorization", "Bearer wrong").status()).isEqualTo(200);
    }

    @Test
    void metrics_nameNobody() {
        String chat = ada.chat();
        model.answer(_ -> Reply.text("hi"));
        Answer turn = ada.say(chat, "hello");
        String reply = turn.reply().path("id").asText();
        for (String step : List.of("/cancel", "/retry")) {
            assertThat(nobody.post(chat + "/messages/" + reply + step, "").status()).isEqualTo(401);
        }
        assertThat(nobody.get("/no/" + reply).status()).isEqualTo(401);

        assertThat(nobody.get("/q/metrics").text())
                .contains("konko_turns_total")
                .doesNotContain("\"ada\"", "oidc:", chat.substring("/chats/".length()), reply);
    }

    @Test
    void chat_ofSomebodyElse_doesNotExist() {
        String chat = ada.chat();
        model.answer(_ -> Reply.text("A secret boat."));
        Answer turn = ada.say(chat, "Where is my boat?");
        String reply = chat + "/messages/" + turn.reply().path("id").asText();
        String unknown = "/chats/01900000-0000-7000-8000-000000000000";

        List<Answer> answers = new ArrayList<>();
        for (Client other : List.of(bob, nobody.as(issuer.token("ada", Instant.now())))) {
            answers.add(other.get(chat));
            answers.add(other.get(chat + "/messages"));
            answers.add(other.get(chat + "/messages", "Accept", "text/markdown"));
            answers.add(other.get(chat + "/summary"));
            answers.add(other.get(chat + "/context"));
            answers.add(other.get(chat + "/attachments/" + "0".repeat(64)));
            answers.add(other.get(reply));
            answers.add(other.get(reply, "Accept", "text/event-stream"));
            answers.add(other.say(chat, "hello"));
            answers.add(other.post(chat + "/messages", "not even JSON"));
            answers.add(other.post(reply + "/cancel", ""));
            answers.add(other.post(reply + "/retry", ""));
            answers.add(other.patch(chat, "{\"title\": \"mine\"}"));
            answers.add(other.delete(chat));
            answers.add(other.get(unknown));
            answers.add(other.post(unknown + "/messages", "not even JSON"));
        }

        assertThat(answers).allSatisfy(each -> assertThat(each.status()).isEqualTo(404));
        assertThat(answers).extracting(Answer::code).containsOnly("chat-not-found");
        assertThat(answers)
                .extracting(each -> each.json().path("detail").asText())
                .containsOnly("There is no such chat.");
        assertThat(ids(bob.get("/chats?limit=100"))).doesNotContain(chat);
        assertThat(ids(bob.get("/chats?limit=100&q=boat"))).doesNotContain(chat);
        assertThat(ids(nobody.as(ADAS_NEXT).get("/chats?limit=100&q=boat"))).contains(chat);
        assertThat(ada.get(chat).json().path("messageCount").asInt()).isEqualTo(2);
    }

    @Test
    void cursor_ofSomebodyElsesList_showsNothingOfIt() {
        bob.chat();
        ada.chat();
        ada.chat();
        String cursor = ada.get("/chats?limit=1").json().path("nextCursor").asText();

        List<String> bobs = ids(bob.get("/chats?limit=100&cursor=" + cursor));

        assertThat(ids(ada.get("/chats?limit=100"))).doesNotContainAnyElementsOf(bobs);
    }

    @Test
    void token_ofTheIssuer_isItsSubject() {
        Client carol = nobody.as(issuer.token("carol", Instant.now()));
        String chat = carol.chat();

        Client again = nobody.as(issuer.token("carol", Instant.now()));

        assertThat(again.get(chat).status()).isEqualTo(200);
        assertThat(nobody.as(issuer.token("dave", Instant.now())).get(chat).status())
                .isEqualTo(404);
    }

    @Test
    void token_expiredForgedOrForAnother_isRefused() {
        Instant hourAgo = Instant.now().minus(Duration.ofHours(1));

        assertUnauthenticated(nobody.as(issuer.token("carol", hourAgo)).get("/chats"));
        assertUnauthenticated(nobody.as(issuer.forged("carol")).get("/chats"));
        assertUnauthenticated(nobody.as(issuer.tokenForSomebodyElse("carol")).get("/chats"));
    }

    @Test
    void usage_isOnesOwn_andForOperatorsEverybodys() {
        Client erin = nobody.as(issuer.token("erin", Instant.now()));
        String chat = erin.chat();
        model.answer(_ -> Reply.text("hi"));
        erin.say(chat, "hello");
        erin.delete(chat);
        LocalDate today = LocalDate.now(ZoneOffset.UTC);

        Answer own = erin.get("/usage");
        Answer all = bob.get("/usage?from=" + today.minusDays(1) + "&to=" + today);
        Answer one = bob.get("/usage?owner=oidc:erin");

        assertThat(own.status()).isEqualTo(200);
        assertThat(own.json().path("data")).hasSize(1);
        assertThat(own.json().path("data").path(0).path("owner").asText()).isEqualTo("oidc:erin");
        assertThat(own.json().path("data").path(0).path("turns").asInt()).isEqualTo(1);
        assertThat(own.json().path("data").path(0).path("totalTokens").asInt()).isPositive();
        assertThat(one.json().path("data")).isEqualTo(own.json().path("data"));
        assertThat(all.json().path("data").findValuesAsText("owner")).contains("oidc:erin");
        assertThat(erin.get("/usage?owner=oidc:erin").status()).isEqualTo(200);
        assertThat(erin.get("/usage?owner=bob").code()).isEqualTo("forbidden");
        assertThat(erin.get("/usage?owner=bob").status()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "from=yesterday",
                "to=2026-02-30",
                "from=2026-02-02&to=2026-02-01",
                "from=2024-01-01&to=2025-01-01",
                "from=%2B10000-01-01"
            })
    void usage_ofDaysThatAreNone_isInvalid(String query) {
        Answer answer = ada.get("/usage?" + query);

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.code()).isEqualTo("invalid");
    }

    @Test
    void get_beyondTheRate_isRateLimited_andOthersAreNot() {
        Client slow = nobody.as(SLOW);
        Answer answer = slow.get("/chats");
        int sent = 1;
        while (answer.status() == 200 && sent < 3000) { // the bucket fills by 5 a second
            answer = slow.get("/chats");
            sent++;
        }

        assertThat(sent).isGreaterThan(300);
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.code()).isEqualTo("rate-limited");
        assertThat(answer.header("Retry-After")).isEqualTo("1");
        assertThat(ada.get("/chats").status()).isEqualTo(200);
    }

    @Test
    void post_beyondTheTurnsOfAnOwner_isRateLimitedUntilOneEnds() {
        Client frank = nobody.as(issuer.token("frank", Instant.now()));
        String chat = frank.chat();
        model.answer(_ -> Reply.hang());
        List<String> replies = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Answer turn = frank.say(chat, "hello", "Prefer", "respond-async");
            assertThat(turn.status()).isEqualTo(202);
            replies.add(chat + "/messages/" + turn.reply().path("id").asText());
        }

        Answer fourth = frank.say(chat, "hello", "Prefer", "respond-async");
        model.answer(_ -> Reply.text("hi"));
        Answer others = ada.say(ada.chat(), "hello");
        frank.post(replies.get(2) + "/cancel", "");
        Answer again = frank.say(chat, "hello", "Prefer", "respond-async");
        frank.delete(chat);

        assertThat(fourth.status()).isEqualTo(429);
        assertThat(fourth.code()).isEqualTo("rate-limited");
        assertThat(fourth.header("Retry-After")).isEqualTo("1");
        assertThat(others.status()).isEqualTo(201);
        assertThat(again.status()).isEqualTo(202);
    }

    private static void assertUnauthenticated(Answer answer) {
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.code()).isEqualTo("unauthenticated");
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(answer.header("X-Request-Id"))
                .isNotEmpty()
                .isEqualTo(answer.json().path("requestId").asText());
    }

    private static List<String> ids(Answer page) {
        return page.json().path("data").findValuesAsText("id").stream()
                .map(id -> "/chats/" + id)
                .toList();
    }
}
