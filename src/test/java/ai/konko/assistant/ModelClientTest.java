package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.TestLimits;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.TestTls;
import ai.konko.fake.TunnelProxy;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ProxyOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes over the network, from a server over HTTP. */
class ModelClientTest {
    private static final String STREAM =
            StreamedAnswerTest.delta("Hello") + StreamedAnswerTest.STOP + StreamedAnswerTest.DONE;
    private static final String BODY =
            "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    private static final String HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

    private final Vertx vertx = Vertx.vertx();
    private final FakeModel model = FakeModel.start();

    @AfterEach
    void stop() throws Exception {
        model.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "100 Continue",
                "102 Processing",
                "103 Early Hints",
                "104 Upload Resumption Supported",
                "199 Nobody knows"
            })
    void send_answeredByAnInterimAnswerFirst_waitsForTheOther(String status) {
        String interim = "HTTP/1.1 " + status + "\r\nlink: </x>\r\n\r\n";
        model.answer(_ -> Reply.bytes((interim + interim + sized(STREAM)).getBytes(UTF_8)));
        ModelClient client = client(model.baseUrl(), null, "konko.model.max-connections", "1");

        for (int i = 0; i < 3; i++) {
            assertThat(text(client)).isEqualTo("Hello");
        }
        assertThat(model.connections()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 60})
    void send_answeredWithKilobytesOfHeaders_readsThem(int kilobytes) {
        String cookie = "set-cookie: a=" + "x".repeat(1000) + "\r\n";
        model.answer(
                _ ->
                        Reply.bytes(
                                (HEAD + cookie.repeat(kilobytes) + length(STREAM) + STREAM)
                                        .getBytes(UTF_8)));

        assertThat(text(client(model.baseUrl(), null))).isEqualTo("Hello");
    }

    @Test
    void send_answeredWithHeadersWithoutEnd_fails() {
        model.answer(_ -> Reply.bytes((HEAD + "x: y\r\n".repeat(20_000)).getBytes(UTF_8)));

        assertThat(failure(client(model.baseUrl(), null)).code()).isEqualTo(ErrorCode.MODEL_FAILED);
    }

    @Test
    void send_answeredUntilTheConnectionEnds_isWhole() {
        model.answer(
                _ ->
                        Reply.bytesUntilTheEnd(
                                ("HTTP/1.0 200 OK\r\n\r\n"
                                                + StreamedAnswerTest.delta("Hello", "stop"))
                                        .getBytes(UTF_8)));

        assertThat(text(client(model.baseUrl(), null))).isEqualTo("Hello");
    }

    @Test
    void send_answeredByAStreamThatStaysOpenAfterItsReason_isWhole() {
        model.answer(_ -> Reply.text("Hello").noEnd());

        assertThat(text(client(model.baseUrl(), null))).isEqualTo("Hello");
    }

    @Test
    void send_answeredAsAWholeByTheLongestReplyInChinese_readsIt() {
        String text = "\u65e5".repeat(3_000_000);
        model.answer(
                _ -> Reply.raw("{\"choices\":[{\"message\":{\"content\":\"" + text + "\"}}]}"));
        ModelClient client = client(model.baseUrl(), null);
        StreamedAnswer answer = StreamedAnswer.kept(client.bounds());

        send(client, answer);

        assertThat(answer.response().aiMessage().text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "2000, , 8400608, 2147483647",
        "2000, 1024, 1024, 1024",
        "2000000000, , 2147483647, 2147483647"
    })
    void bounds_areThoseOfTheLongestReplyUnlessSet(
            int reply, @Nullable String set, int bytes, int characters) {
        ModelConfig config =
                config(set == null ? Map.of() : Map.of("konko.model.max-answer-bytes", set));

        AnswerBounds bounds =
                AnswerBounds.of(config.model(), TestLimits.WIDE.withReplies(reply, reply));

        assertThat(bounds).isEqualTo(new AnswerBounds(bytes, characters));
    }

    @Test
    void send_answeredInGzip_isUnpacked() throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        byte[] packed = packed(STREAM);
        answer.write((HEAD + "content-encoding: gzip\r\n").getBytes(UTF_8));
        answer.write(("content-length: " + packed.length + "\r\n\r\n").getBytes(UTF_8));
        answer.write(packed);
        model.answer(_ -> Reply.bytes(answer.toByteArray()));

        assertThat(text(client(model.baseUrl(), null))).isEqualTo("Hello");
        assertThat(header("accept-encoding")).isEqualTo("identity");
    }

    @ParameterizedTest
    @CsvSource({
        "404, '{}', MODEL_FAILED,",
        "429, '{}', MODEL_UNAVAILABLE, 7",
        "503, '{}', MODEL_UNAVAILABLE, 7",
        "429, '{\"error\":{\"code\":\"insufficient_quota\"}}', MODEL_FAILED,"
    })
    void send_thatIsRefused_tellsTheProvidersStatus(
            int status, String body, ErrorCode code, @Nullable Long retryAfter) {
        model.answer(_ -> Reply.status(status, body, Map.of("Retry-After", "6.5")));

        Failure failure = failure(client(model.baseUrl(), null));

        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.providerStatus()).isEqualTo(status);
        assertThat(failure.retryAfter())
                .isEqualTo(retryAfter == null ? null : Duration.ofSeconds(retryAfter));
    }

    @ParameterizedTest
    @ValueSource(strings = {"content-length: 100\r\n\r\n{", "content-encoding: br\r\n\r\n{}"})
    void send_thatIsRefusedWithHalfABody_isRefusedAllTheSame(String rest) {
        model.answer(
                _ ->
                        Reply.bytesUntilTheEnd(
                                ("HTTP/1.1 429 No\r\nretry-after: 7\r\n" + rest).getBytes(UTF_8)));

        Failure failure = failure(client(model.baseUrl(), null));

        assertThat(failure.code()).isEqualTo(ErrorCode.MODEL_UNAVAILABLE);
        assertThat(failure.retryAfter()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void send_toAnAddressWithAQuery_hasItBehindThePath() {
        String base = model.baseUrl().replace("/v1", "/openai/deployments/d?api-version=2024");

        assertThat(text(client(base, null, "konko.model.api-key-header", "api-key")))
                .startsWith("reply to");

        assertThat(model.calls().getFirst().target())
                .isEqualTo("/openai/deployments/d/chat/completions?api-version=2024");
        assertThat(header("api-key")).isEqualTo("sk-x");
        assertThat(header("authorization")).isNull();
    }

    @Test
    void send_toAnAddressWithAUser_authorizesByIt() {
        String base = model.baseUrl().replace("http://", "http://me:s%20ecret@");

        text(client(base, null, "konko.model.api-key-header", "x-key"));

        assertThat(header("authorization")).isEqualTo("Basic bWU6cyBlY3JldA==");
        assertThat(header("x-key")).isEqualTo("sk-x");
    }

    @Test
    void send_throughAProxy_asksTheProxy() {
        ProxyOptions proxy =
                new ProxyOptions()
                        .setHost("127.0.0.1")
                        .setPort(ModelAddress.of(model.baseUrl()).port())
                        .setUsername("me")
                        .setPassword("secret");

        String text = text(client("http://llm.example.invalid/v1?a=b", proxy));

        assertThat(text).startsWith("reply to");
        assertThat(model.calls().getFirst().target())
                .isEqualTo("http://llm.example.invalid/v1/chat/completions?a=b");
        assertThat(header("host")).isEqualTo("llm.example.invalid");
        assertThat(header("proxy-authorization")).isEqualTo("Basic bWU6c2VjcmV0");
        assertThat(header("authorization")).isEqualTo("Bearer sk-x");
    }

    @Test
    void send_throughAProxyToAProviderWithTls_goesThroughATunnel(@TempDir Path folder)
            throws Exception {
        TestTls tls = TestTls.in(folder);
        try (FakeModel secure = FakeModel.start(tls.context());
                TunnelProxy tunnel = TunnelProxy.start()) {
            ProxyOptions proxy =
                    new ProxyOptions()
                            .setHost("127.0.0.1")
                            .setPort(tunnel.port())
                            .setUsername("me")
                            .setPassword("secret");
            ModelClient client =
                    client(
                            secure.baseUrl("localhost"),
                            proxy,
                            "konko.model.ca",
                            tls.certificate().toString());

            assertThat(text(client)).startsWith("reply to");

            assertThat(tunnel.heads()).hasSize(1);
            assertThat(tunnel.heads().getFirst())
                    .startsWith("CONNECT localhost:")
                    .containsIgnoringCase("proxy-authorization: Basic bWU6c2VjcmV0")
                    .doesNotContain("sk-x");
            assertThat(secure.calls().getFirst().target()).isEqualTo("/v1/chat/completions");
            assertThat(secure.calls().getFirst().headers())
                    .doesNotContainKey("proxy-authorization");
        }
    }

    @Test
    void send_toAProviderThatTheFileVouchesFor_isTrusted(@TempDir Path folder) throws Exception {
        TestTls tls = TestTls.in(folder);
        try (FakeModel secure = FakeModel.start(tls.context())) {
            ModelClient trusting =
                    client(
                            secure.baseUrl("localhost"),
                            null,
                            "konko.model.ca",
                            tls.certificate().toString());

            assertThat(text(trusting)).startsWith("reply to");
            assertThat(failure(client(secure.baseUrl("localhost"), null)).code())
                    .isEqualTo(ErrorCode.MODEL_UNAVAILABLE);
            assertThat(secure.calls()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END"})
    void with_aFileThatHasNoCertificate_refuses(String content, @TempDir Path folder)
            throws IOException {
        Path pem = Files.writeString(folder.resolve("ca.pem"), content);

        for (Path each : List.of(pem, folder, folder.resolve("missing"))) {
            assertThatThrownBy(() -> Authorities.with(each))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("KONKO_MODEL_CA");
        }
    }

    @Test
    void send_whileAnotherOwnerHasManyInLine_isNext() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("fine").gate(gate));
        ModelClient client = client(model.baseUrl(), null, "konko.model.max-connections", "1");
        List<CompletableFuture<?>> sent = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            sent.add(begin(client, "ann"));
        }

        sent.add(begin(client, "ben"));
        gate.complete(null);
        sent.forEach(CompletableFuture::join);

        assertThat(model.calls()).hasSize(21).extracting(Call::model).startsWith("ann");
        assertThat(model.calls().stream().map(Call::model).toList().indexOf("ben"))
                .isLessThanOrEqualTo(2);
    }

    private static CompletableFuture<?> begin(ModelClient client, String owner) {
        String body = BODY.replace("\"m\"", "\"" + owner + "\"");
        return client.send(
                Buffer.buffer(body),
                call(new Owner(owner), new Cancellation()),
                StreamedAnswer.kept(StreamedAnswerTest.BOUNDS));
    }

    @Test
    void send_thatIsStopped_closesTheReader() throws Exception {
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        Cancellation cancellation = new Cancellation();
        AnswerReader reader =
                new AnswerReader() {
                    @Override
                    public Progress read(Buffer part) {
                        cancellation.cancel(Outcome::cancelled);
                        return Progress.TOKEN;
                    }

                    @Override
                    public int held() {
                        return 0;
                    }

                    @Override
                    public void end() {}

                    @Override
                    public void close() {
                        closed.complete(true);
                    }
                };
        model.answer(_ -> Reply.text("some text").thenStall(1));

        CompletableFuture<@Nullable Void> over =
                client(model.baseUrl(), null)
                        .send(Buffer.buffer(BODY), call(Owner.ANONYMOUS, cancellation), reader);

        assertThatThrownBy(over::join).isInstanceOf(CancellationException.class);
        assertThat(closed.get(10, TimeUnit.SECONDS)).isTrue();
    }

    private static byte[] packed(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String sized(String body) {
        return HEAD + length(body) + body;
    }

    private static String length(String body) {
        return "content-length: " + body.getBytes(UTF_8).length + "\r\n\r\n";
    }

    private @Nullable String header(String name) {
        Call call = model.calls().getFirst();
        return call.headers().get(name);
    }

    private static String text(ModelClient client) {
        StreamedAnswer answer = StreamedAnswer.kept(StreamedAnswerTest.BOUNDS);
        send(client, answer);
        return answer.response().aiMessage().text();
    }

    private static Failure failure(ModelClient client) {
        StreamedAnswer answer = StreamedAnswer.kept(StreamedAnswerTest.BOUNDS);
        CompletionException failed =
                catchThrowableOfType(CompletionException.class, () -> send(client, answer));
        return ((ModelException) failed.getCause()).failure();
    }

    private static void send(ModelClient client, StreamedAnswer answer) {
        ModelParameters call = call(Owner.ANONYMOUS, new Cancellation());
        client.send(Buffer.buffer(BODY), call, answer).join();
    }

    private static ModelParameters call(Owner owner, Cancellation cancellation) {
        return new ModelParameters(
                "m",
                Map.of(),
                true,
                Timeouts.whole(Duration.ofSeconds(20)),
                cancellation,
                new TextInFlight(TestLimits.WIDE).open(owner));
    }

    private ModelClient client(String baseUrl, @Nullable ProxyOptions proxy, String... setting) {
        Map<String, String> settings =
                setting.length == 0 ? Map.of() : Map.of(setting[0], setting[1]);
        ModelConfig config = config(settings);
        ModelEndpoint endpoint =
                new ModelEndpoint(
                        ModelAddress.of(baseUrl),
                        Optional.ofNullable(proxy),
                        Optional.of("sk-x"),
                        "m");
        return new ModelClient(endpoint, config, TestLimits.WIDE, Clock.systemUTC(), vertx);
    }

    private static ModelConfig config(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(ModelConfig.class)
                .withDefaultValues(settings)
                .build()
                .getConfigMapping(ModelConfig.class);
    }
}
