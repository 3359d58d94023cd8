package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.openai.SocketClient;
import ai.konko.store.postgres.TestPostgres;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged jar in production mode, as users run it. */
class PackagedServiceIT {
    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private Service service;

    @AfterEach
    void stop() throws InterruptedException {
        model.close();
        if (service != null) {
            service.kill();
        }
    }

    @Test
    void start_withoutAModel_isRefusedInOneLine() throws Exception {
        start(Map.of());

        assertThat(service.exit()).isNotZero();
        assertThat(log().strip().lines())
                .singleElement()
                .asString()
                .contains("OPENAI_API_KEY", "OPENAI_BASE_URL", "KONKO_OFFLINE_MODEL");
    }

    @Test
    void start_withASettingOutOfItsBounds_isRefusedInOneLine() throws Exception {
        start(Map.of("KONKO_OFFLINE_MODEL", "true", "KONKO_LIMITS_PAGE_SIZE", "0"));

        assertThat(service.exit()).isNotZero();
        assertThat(log().strip().lines())
                .containsExactly("KONKO_LIMITS_PAGE_SIZE must be at least 1, not 0.");
    }

    @Test
    void service_withABaseUrl_answersWithMemory() throws Exception {
        Client client =
                started(
                        Map.of(
                                "OPENAI_BASE_URL",
                                model.baseUrl(),
                                "OPENAI_API_KEY",
                                "sk-hush\n",
                                "OPENAI_MODEL",
                                "m1"));
        String chat = client.chat();

        Answer first = client.say(chat, "My name is Ada. Zebrafinch.");
        client.say(chat, "What is my name?");

        assertThat(first.status()).isEqualTo(201);
        assertThat(model.calls().getLast().messages()).hasSize(3);
        assertThat(model.calls().getLast().model()).isEqualTo("m1");
        assertThat(model.calls().getLast().headers())
                .containsEntry("authorization", "Bearer sk-hush");
        model.answer(_ -> Reply.status(500, "{\"error\":\"Zebrafinch\"}", Map.of()));
        client.say(chat, "Zebrafinch?");
        assertThat(client.get("/docs").status()).isIn(200, 301, 302);
        assertThat(client.get("/openapi").text())
                .isEqualTo(Files.readString(Path.of("target/classes/META-INF/openapi.yaml")));
        assertThat(log())
                .doesNotContain("Zebrafinch")
                .doesNotContain("sk-hush")
                .contains("The model is m1 at ", "Chats are kept in memory")
                .contains("answered with status 500");
    }

    @Test
    void service_withTheOfflineModel_saysSoAndRemembers() throws Exception {
        Client client = started(Map.of("KONKO_OFFLINE_MODEL", "true"));
        String chat = client.chat();
        client.say(chat, "My name is Ada.");

        Answer answer = client.say(chat, "What is my name?");

        assertThat(answer.reply().path("content").asText())
                .containsIgnoringCase("offline demonstration model")
                .contains("My name is Ada.");
        await().untilAsserted(
                        () -> assertThat(log()).contains("Listening on").doesNotContain("WARN"));
        assertThat(client.get("/q/metrics").text()).contains("uri=\"/chats\"");
        service.terminate();
        assertThat(service.exit()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "'postgresql://me:secret@a:1,b:x/konko', '', KONKO_DATABASE_URL as postgresql",
        "postgresql://a/konko, 'postgresql://me:secret@a,,b/konko', KONKO_DATABASE_LISTEN_URL has to be",
    })
    void start_withAnAddressOfADatabaseThatIsNone_isRefusedAndSaysWhichSetting(
            String url, String listenUrl, String said) throws Exception {
        start(
                Map.of(
                        "KONKO_OFFLINE_MODEL",
                        "true",
                        "KONKO_STORE",
                        "postgres",
                        "KONKO_DATABASE_URL",
                        url,
                        "KONKO_DATABASE_LISTEN_URL",
                        listenUrl));

        assertThat(service.exit()).isNotZero();
        assertThat(log().lines().filter(line -> line.contains(said))).hasSize(1);
        assertThat(log()).doesNotContain("secret");
    }

    @Test
    void start_withADatabaseOfAnotherEncoding_isRefused() throws Exception {
        startOn(
                TestPostgres.newDatabase(
                        "latin", "encoding 'LATIN1' locale 'C' template template0"),
                Map.of(
                        "KONKO_DATABASE_USERNAME",
                        TestPostgres.user(),
                        "KONKO_DATABASE_PASSWORD",
                        TestPostgres.password()));

        assertThat(service.exit()).isNotZero();
        assertThat(log()).contains("KONKO_DATABASE_URL", "LATIN1", "must be in UTF8");
    }

    @Test
    void start_withPostgresButNoPassword_saysSo() throws Exception {
        startOn(TestPostgres.newDatabase("locked"), Map.of());

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> assertThat(log()).contains("KONKO_DATABASE_PASSWORD is not set"));
    }

    @Test
    void start_onAllAddressesWithoutCredentials_isRefusedInOneLine() throws Exception {
        start(Map.of("KONKO_OFFLINE_MODEL", "true", "QUARKUS_HTTP_HOST", "0.0.0.0"));

        assertThat(service.exit()).isNotZero();
        assertThat(log().strip().lines().filter(line -> !line.startsWith("{")))
                .singleElement()
                .asString()
                .contains("0.0.0.0", "KONKO_API_KEYS", "KONKO_SECURITY=open");
    }

    @Test
    void start_onAllAddressesAndOpen_isLetThrough() throws Exception {
        Client client =
                started(
                        Map.of(
                                "KONKO_OFFLINE_MODEL",
                                "true",
                                "QUARKUS_HTTP_HOST",
                                "0.0.0.0",
                                "KONKO_SECURITY",
                                "open"));

        assertThat(client.get("/chats").status()).isEqualTo(200);
        assertThat(log()).contains("http://0.0.0.0:");
    }

    @Test
    void start_withKeys_listensOnAllAddressesAndTellsNoKey() throws Exception {
        Path file = folder.resolve("keys");
        Files.writeString(file, "bob:bobs-key-0123456789\ncarol:carols-key-0123456789\n");
        Client client =
                started(
                        Map.of(
                                "KONKO_OFFLINE_MODEL",
                                "true",
                                "KONKO_API_KEYS",
                                "ada:adas-key-0123456789,eve:eves",
                                "KONKO_API_KEYS_FILE",
                                file.toString()));
        String chat = client.as("bobs-key-0123456789").chat();

        assertThat(client.get(chat).status()).isEqualTo(401);
        assertThat(client.as("carols-key-0123456789").get(chat).status()).isEqualTo(404);
        assertThat(client.as("adas-key-0123456789").get("/chats").status()).isEqualTo(200);
        assertThat(log())
                .contains("http://0.0.0.0:", "1 API keys have less than 16 characters")
                .doesNotContain("0123456789", "eves");
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret-without-name", "ada:secret key", "ada:secret,bob:secret", ":x"})
    void start_withMalformedKeys_isRefusedAndTellsNone(String keys) throws Exception {
        start(Map.of("KONKO_OFFLINE_MODEL", "true", "KONKO_API_KEYS", keys));

        assertThat(service.exit()).isNotZero();
        assertThat(log()).contains("KONKO_API_KEYS").doesNotContain("secret");
    }

    @Test
    void service_withKeysThatLookLikeExpressions_takesThemToTheLetter() throws Exception {
        Client client =
                started(
                        Map.of(
                                "OPENAI_BASE_URL",
                                model.baseUrl(),
                                "OPENAI_API_KEY",
                                "sk-$x${y}$$z",
                                "KONKO_API_KEYS",
                                "ada:0123456789ab${x}cd$$ef:${OPENAI_API_KEY}"));
        Client ada = client.as("0123456789ab${x}cd$$ef:${OPENAI_API_KEY}");

        ada.say(ada.chat(), "hello");

        assertThat(client.get("/chats").status()).isEqualTo(401);
        assertThat(client.as("0123456789abcd$ef:sk-$x$z").get("/chats").status()).isEqualTo(401);
        assertThat(model.calls().getLast().headers())
                .containsEntry("authorization", "Bearer sk-$x${y}$$z");
        assertThat(log()).doesNotContain("0123456789ab", "sk-$x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"KONKO_API_KEYS", "KONKO_DATABASE_PASSWORD"})
    void start_withACredentialThatIsEmpty_isRefusedInOneLine(String variable) throws Exception {
        start(Map.of("KONKO_OFFLINE_MODEL", "true", variable, ""));

        assertThat(service.exit()).isNotZero();
        assertThat(log().strip().lines())
                .containsExactly(
                        variable + " is set, but empty: give it a value, or don't set it.");
    }

    @Test
    void start_withAFileOfKeysThatHasNone_isRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), " ,\n\n");
        start(Map.of("KONKO_OFFLINE_MODEL", "true", "KONKO_API_KEYS_FILE", file.toString()));

        assertThat(service.exit()).isNotZero();
        assertThat(log()).contains("The file of KONKO_API_KEYS_FILE has no key.");
    }

    @Test
    void start_openAndWithKeys_isRefused() throws Exception {
        start(
                Map.of(
                        "KONKO_OFFLINE_MODEL",
                        "true",
                        "KONKO_API_KEYS",
                        "ada:adas-key-0123456789",
                        "KONKO_SECURITY",
                        "open"));

        assertThat(service.exit()).isNotZero();
        assertThat(log()).contains("KONKO_SECURITY=open contradicts");
    }

    @Test
    void chat_leftAloneForLong_isDeleted() throws Exception {
        Client client =
                started(
                        Map.of(
                                "KONKO_OFFLINE_MODEL",
                                "true",
                                "KONKO_RETENTION_IDLE",
                                "1s",
                                "KONKO_RETENTION_SWEEP",
                                "1s"));
        String chat = client.chat();
        client.say(chat, "hello");

        await().untilAsserted(() -> assertThat(client.get(chat).status()).isEqualTo(404));
        assertThat(client.get("/usage").json().path("data").path(0).path("turns").asInt())
                .isEqualTo(1);
    }

    /**
     * Of Micrometer's, what the binary does not have or where nothing is ever counted: native-image
     * has no pools of buffers, and its collectors notify nobody. {@code jvm_memory_usage_after_gc}
     * is 0 there.
     */
    private static final Pattern NOT_IN_THE_BINARY = Pattern.compile("jvm_(?:buffer|gc)_\\w+");

    /** What Prometheus adds by itself is not the service's to expose. */
    @ParameterizedTest
    @ValueSource(strings = {"docker/grafana/konko.json", "docker/prometheus/alerts.yml"})
    void metrics_haveAllThatIsWatched(String file) throws Exception {
        Client client = started(Map.of("OPENAI_BASE_URL", model.baseUrl()));
        EventReader stream = client.sayAndFollow(client.chat(), "hello");
        assertThat(stream.rest().getLast().name()).isEqualTo("completed");

        String metrics = client.get("/q/metrics").text();

        List<String> watched =
                Pattern.compile("\\b(?:konko|http_server|jvm|process)_[a-z_]+")
                        .matcher(Files.readString(Path.of(file)))
                        .results()
                        .map(MatchResult::group)
                        .distinct()
                        .toList();
        assertThat(watched)
                .hasSizeGreaterThan(3)
                .noneMatch(name -> NOT_IN_THE_BINARY.matcher(name).matches());
        assertThat(watched)
                .allSatisfy(
                        name ->
                                assertThat(metrics)
                                        .containsPattern("(?m)^" + name + "(?:\\{.*\\})? "));
    }

    @Test
    void log_ofAFailedTurn_namesRequestChatAndTurn() throws Exception {
        Client client = started(Map.of("OPENAI_BASE_URL", model.baseUrl()));
        model.answer(_ -> Reply.status(500, "", Map.of()));
        String chat = client.chat();

        Answer answer = client.say(chat, "hello", "X-Request-Id", "the-request");

        String line =
                log().lines()
                        .filter(each -> each.contains("answered with status 500"))
                        .findFirst()
                        .orElseThrow();
        assertThat(new ObjectMapper().readTree(line).path("mdc"))
                .isEqualTo(
                        new ObjectMapper()
                                .valueToTree(
                                        Map.of(
                                                "requestId",
                                                "the-request",
                                                "chatId",
                                                chat.substring("/chats/".length()),
                                                "turnId",
                                                answer.json().path("replyId").asText())));
    }

    @Test
    void start_withABodySizeBeyondTheBound_isRefused() throws Exception {
        start(Map.of("KONKO_OFFLINE_MODEL", "true", "KONKO_LIMITS_BODY_SIZE", "65M"));

        assertThat(service.exit()).isNotZero();
        assertThat(log()).contains("KONKO_LIMITS_BODY_SIZE");
    }

    @Test
    void sigterm_letsRunningRepliesFinishAndRefusesNewOnes() throws Exception {
        Client client = started(Map.of("OPENAI_BASE_URL", model.baseUrl()));
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("finished").gate(gate));
        String chat = client.chat();
        CompletableFuture<Answer> running = client.sayLater(chat, "hello");
        await().until(() -> model.inFlight() == 1);

        service.terminate();

        await().until(() -> client.say(chat, "too late").status() == 503);
        assertThat(client.get("/q/health/ready").status()).isEqualTo(503);
        assertThat(client.get("/q/health/live").status()).isEqualTo(200);
        gate.complete(null);
        assertThat(running.get(30, TimeUnit.SECONDS).reply().path("content").asText())
                .isEqualTo("finished");
        assertThat(service.exit()).isZero();
    }

    @Test
    void sigterm_interruptsWhatDoesNotFinishInTime() throws Exception {
        Client client =
                started(
                        Map.of(
                                "OPENAI_BASE_URL",
                                model.baseUrl(),
                                "KONKO_SHUTDOWN_GRACE",
                                "100ms"));
        model.answer(_ -> Reply.hang());
        CompletableFuture<Answer> running = client.sayLater(client.chat(), "hello");
        await().until(() -> model.inFlight() == 1);

        service.terminate();

        Answer answer = running.get(30, TimeUnit.SECONDS);
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.code()).isEqualTo("overloaded");
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(service.exit()).isZero();
    }

    @Test
    void sigterm_inMidStream_endsTheStreamWithTheTextSoFar() throws Exception {
        Client client =
                started(
                        Map.of(
                                "OPENAI_BASE_URL",
                                model.baseUrl(),
                                "KONKO_SHUTDOWN_GRACE",
                                "100ms"));
        model.answer(_ -> Reply.text("some text and more").thenStall(2));
        EventReader stream = client.sayAndFollow(client.chat(), "hello");
        stream.untilText(8);

        service.terminate();

        Event last = stream.rest().getLast();
        assertThat(last.name()).isEqualTo("incomplete");
        assertThat(last.content()).isEqualTo("some tex");
        assertThat(last.data().path("finishReason").asText()).isEqualTo("interrupted");
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(service.exit()).isZero();
    }

    @Test
    void sigterm_withWebSockets_closesThemAfterTheirResponses() throws Exception {
        Client _ = started(Map.of("OPENAI_BASE_URL", model.baseUrl()));
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("some text and more").gateAt(1, gate));
        try (SocketClient idle = new SocketClient(service.address());
                SocketClient busy = new SocketClient(service.address())) {
            busy.ask("hello", "");
            await().until(() -> model.inFlight() == 1);

            service.terminate();
            assertThat(idle.closed()).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(1001);
            gate.complete(null);

            assertThat(busy.answer().path("status").asText()).isEqualTo("completed");
            assertThat(busy.closed()).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(1001);
        }
        assertThat(service.exit()).isZero();
        assertThat(log()).doesNotContain("Timed out");
    }

    @Test
    void sigterm_underLoad_losesNoAcceptedTurn() throws Exception {
        Map<String, String> environment =
                Service.with(
                        model.baseUrl(),
                        Map.of(
                                "KONKO_STORE",
                                "postgres",
                                "KONKO_DATABASE_URL",
                                TestPostgres.newDatabase("sigterm"),
                                "KONKO_DATABASE_USERNAME",
                                TestPostgres.user(),
                                "KONKO_DATABASE_PASSWORD",
                                TestPostgres.password()));
        try (Load load = Load.on(started(environment), 16)) {
            await().until(() -> load.acknowledged() > 200);

            service.terminate();

            assertThat(service.exit()).isZero();
            load.stop();
            Client again = started(environment);
            load.assertNothingIsLost(again);
            for (String chat : load.chats()) {
                Load.assertAlternates(again, chat);
                assertThat(again.messages(chat))
                        .extracting(each -> each.path("status").asText())
                        .containsOnly("completed");
            }
        }
    }

    @Test
    void service_withoutAnAddressForTraces_sendsNone() throws Exception {
        Client client = started(Map.of("OPENAI_BASE_URL", model.baseUrl()));
        client.say(client.chat(), "hello");

        service.terminate(); // what there is to send is sent then

        assertThat(service.exit()).isZero();
        assertThat(log()).doesNotContain("export");
    }

    private Client started(Map<String, String> environment) throws IOException {
        start(environment);
        return service.ready();
    }

    private void startOn(String database, Map<String, String> credentials) throws IOException {
        Map<String, String> environment = new HashMap<>(credentials);
        environment.put("KONKO_OFFLINE_MODEL", "true");
        environment.put("KONKO_STORE", "postgres");
        environment.put("KONKO_DATABASE_URL", database);
        start(environment);
    }

    private void start(Map<String, String> environment) throws IOException {
        service = Service.start(environment, folder);
    }

    private String log() throws IOException {
        return service.log();
    }
}
