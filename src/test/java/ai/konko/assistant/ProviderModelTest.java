package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ai.konko.api.HttpTest;
import ai.konko.chat.Attachment;
import ai.konko.chat.Draft;
import ai.konko.chat.Item;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Written;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.chat.ChatMemoryProvider;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import io.quarkiverse.langchain4j.runtime.devui.ChatJsonRPCService;
import io.quarkiverse.langchain4j.runtime.devui.json.ChatResultPojo;
import io.quarkiverse.langchain4j.runtime.tool.QuarkusToolExecutorFactory;
import io.quarkus.arc.All;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The models that others inject, asked with LangChain4j's own requests. */
@QuarkusTest
@TestProfile(ProviderModelTest.Settings.class)
class ProviderModelTest extends HttpTest {
    private static final ToolExecutionRequest CALL =
            ToolExecutionRequest.builder().id("c1").name("t").arguments("{\"a\":1}").build();
    private static final Attachment IMAGE = Attachment.of("image/png", null, new byte[30_000]);
    private static final String TEXT = "The quick brown fox jumps over the lazy dog.";

    @Inject ChatModel chatModel;
    @Inject StreamingChatModel streamingModel;
    @Inject TextInFlight inFlight;
    @Inject Vertx vertx;
    @Inject @All List<ChatModel> chatModels;
    @Inject @All List<StreamingChatModel> streamingModels;
    @Inject ChatMemoryProvider memories;
    @Inject QuarkusToolExecutorFactory tools;

    /** The extension's settings. */
    public static final class Settings implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.langchain4j.openai.chat-model.temperature", "0.3",
                    "quarkus.langchain4j.openai.chat-model.max-tokens", "100");
        }
    }

    private static final class Heard implements StreamingChatResponseHandler {
        private final List<String> pieces = new ArrayList<>();
        private final CompletableFuture<ChatResponse> end = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String piece) {
            pieces.add(piece);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            end.complete(response);
        }

        @Override
        public void onError(Throwable failed) {
            end.completeExceptionally(failed);
        }
    }

    @Test
    void chat_withAPlainRequest_hasTheConfiguredDefaults() {
        model.answer(_ -> Reply.text(TEXT));

        String answer = chatModel.chat("hello");

        assertThat(answer).isEqualTo(TEXT);
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.path("model").asText()).isEqualTo("test-model");
        assertThat(sent.path("stream").asBoolean()).isFalse();
        assertThat(sent.path("temperature").asDouble()).isEqualTo(0.3);
        assertThat(sent.path("max_tokens").asInt()).isEqualTo(100);
        assertThat(sent.has("top_p")).as("what nobody has set").isFalse();
    }

    @Test
    void chat_withParametersOfLangChain4j_sendsThem() {
        model.answer(_ -> Reply.text(TEXT));

        ChatResponse response =
                chatModel.chat(
                        ChatRequest.builder()
                                .messages(SystemMessage.from("Be kind."), UserMessage.from("hello"))
                                .modelName("other")
                                .temperature(0.9)
                                .maxOutputTokens(5)
                                .stopSequences(List.of("x"))
                                .build());

        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.path("model").asText()).isEqualTo("other");
        assertThat(sent.path("temperature").asDouble()).isEqualTo(0.9);
        assertThat(sent.path("max_tokens").asInt()).isEqualTo(5);
        assertThat(sent.at("/stop/0").asText()).isEqualTo("x");
        assertThat(sent.at("/messages/0/role").asText()).isEqualTo("system");
    }

    @Test
    void chat_asAStream_givesThePiecesAndTheWhole() throws Exception {
        model.answer(_ -> Reply.text(TEXT));
        Heard heard = new Heard();

        streamingModel.chat("hello", heard);

        ChatResponse response = heard.end.get(10, TimeUnit.SECONDS);
        assertThat(String.join("", heard.pieces)).isEqualTo(TEXT);
        assertThat(response.aiMessage().text()).isEqualTo(TEXT);
        assertThat(model.calls().getLast().body().path("stream").asBoolean()).isTrue();
    }

    @Test
    void chat_thatIsRefused_failsWithTheModelsFailure() {
        model.answer(_ -> Reply.status(500, "{}", Map.of()));

        assertThatThrownBy(() -> chatModel.chat("hello")).isInstanceOf(ModelException.class);
    }

    /** Asks with an image. */
    private Heard ask(TextAllowance allowance, Cancellation cancellation, AttachedBytes source) {
        ContextMessage said =
                ContextMessage.of(
                        Prompt.Speaker.USER, "See", List.of(new Item.Image(0, null, IMAGE.as())));
        ModelParameters call =
                new ModelParameters(
                        new Prompt(
                                null,
                                "m",
                                List.of(said),
                                Map.of(),
                                true,
                                source,
                                Prompt.Seen.ALL,
                                null),
                        Timeouts.whole(Duration.ofSeconds(20)),
                        cancellation,
                        allowance,
                        new DraftWriter(Draft.NOWHERE, new CallIds(1, Set.of()), 0, () -> {}));
        Heard heard = new Heard();
        streamingModel.chat(ChatRequest.builder().messages(said).parameters(call).build(), heard);
        return heard;
    }

    private static Map<String, byte[]> read() {
        return Map.of(IMAGE.as().id(), IMAGE.bytes());
    }

    @Test
    void chat_withAnImage_takesRoomBeforeItReadsAndGivesItBackOnceItIsSent() throws Exception {
        CompletableFuture<Long> attached = new CompletableFuture<>();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text(TEXT).gate(gate));

        try (TextAllowance allowance = inFlight.open(Owner.ANONYMOUS)) {
            Heard heard =
                    ask(
                            allowance,
                            new Cancellation(),
                            _ -> {
                                attached.complete(inFlight.attached());
                                return read();
                            });

            assertThat(attached.get(10, TimeUnit.SECONDS)).isEqualTo(70_000L);
            await().until(() -> model.inFlight() == 1 && inFlight.attached() == 0);
            gate.complete(null);
            assertThat(heard.end.get(10, TimeUnit.SECONDS).finishReason())
                    .isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void chat_withAnImage_readsItOnNoEventLoop() throws Exception {
        CompletableFuture<Boolean> onALoop = new CompletableFuture<>();
        model.answer(_ -> Reply.text(TEXT));

        try (TextAllowance allowance = inFlight.open(Owner.ANONYMOUS)) {
            CompletableFuture<Heard> heard = new CompletableFuture<>();
            vertx.getOrCreateContext()
                    .runOnContext(
                            _ ->
                                    heard.complete(
                                            ask(
                                                    allowance,
                                                    new Cancellation(),
                                                    _ -> {
                                                        onALoop.complete(
                                                                Context.isOnEventLoopThread());
                                                        return read();
                                                    })));

            assertThat(onALoop.get(10, TimeUnit.SECONDS)).isFalse();
            assertThat(heard.join().end.get(10, TimeUnit.SECONDS).aiMessage().text()).isEmpty();
        }
    }

    @Test
    void chat_withAnImageThatThereIsNoRoomFor_readsNothing() {
        CompletableFuture<Boolean> asked = new CompletableFuture<>();

        try (TextAllowance all = inFlight.open(Owner.ANONYMOUS);
                TextAllowance allowance = inFlight.open(Owner.ANONYMOUS)) {
            all.attach(Runtime.getRuntime().maxMemory());

            assertThatThrownBy(
                            () ->
                                    ask(
                                            allowance,
                                            new Cancellation(),
                                            _ -> {
                                                asked.complete(true);
                                                return read();
                                            }))
                    .isInstanceOf(ModelException.class);
        }

        assertThat(asked.isDone()).isFalse();
        assertThat(inFlight.attached()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"refused", "cancelled", "unreadable"})
    void chat_withAnImage_givesTheRoomBackHoweverItFails(String how) {
        Cancellation cancellation = new Cancellation();
        model.answer(_ -> Reply.status(400, "{}", Map.of()));

        try (TextAllowance allowance = inFlight.open(Owner.ANONYMOUS)) {
            CompletableFuture<Throwable> failed = new CompletableFuture<>();
            try {
                ask(
                                allowance,
                                cancellation,
                                _ -> {
                                    if (how.equals("cancelled")) {
                                        cancellation.cancel(
                                                _ -> Outcome.cancelled(Written.NOTHING));
                                    } else if (how.equals("unreadable")) {
                                        throw new IllegalStateException("no log");
                                    }
                                    return read();
                                })
                        .end
                        .exceptionally(
                                thrown -> {
                                    failed.complete(thrown);
                                    return null;
                                });
            } catch (IllegalStateException thrown) {
                failed.complete(thrown);
            }

            assertThat(failed.orTimeout(10, TimeUnit.SECONDS).join()).isNotNull();
            assertThat(inFlight.attached()).isZero();
        }
    }

    @Test
    void chat_withTools_sendsThemAndTakesCallsAndReasoning() throws Exception {
        model.answer(_ -> new Script().reasoning("hm").call("c1", "t", "{\"a\":1}").reply());
        ChatRequest request = withTool(UserMessage.from("hello"));
        Heard heard = new Heard();

        AiMessage whole = chatModel.chat(request).aiMessage();
        streamingModel.chat(request, heard);

        ChatResponse streamed = heard.end.get(10, TimeUnit.SECONDS);
        assertThat(whole.toolExecutionRequests()).containsExactly(CALL);
        assertThat(whole.thinking()).isEqualTo("hm");
        assertThat(whole.text()).isNull();
        assertThat(streamed.aiMessage()).isEqualTo(whole);
        assertThat(streamed.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        JsonNode sent = model.calls().getLast().body();
        assertThat(sent.at("/tools/0/function/name").asText()).isEqualTo("t");
        assertThat(sent.at("/tools/0/function/parameters/properties/a/type").asText())
                .isEqualTo("integer");
        assertThat(sent.path("tool_choice").asText()).isEqualTo("required");
    }

    private static ChatRequest withTool(ChatMessage... messages) {
        ToolSpecification tool =
                ToolSpecification.builder()
                        .name("t")
                        .parameters(JsonObjectSchema.builder().addIntegerProperty("a").build())
                        .build();
        return ChatRequest.builder()
                .messages(messages)
                .toolSpecifications(tool)
                .toolChoice(ToolChoice.REQUIRED)
                .build();
    }

    @Test
    void post_withoutParameters_hasTheConfiguredDefaults() {
        model.answer(_ -> Reply.text(TEXT));

        client.say(client.chat(), "hello");

        assertThat(model.calls().getLast().body().path("temperature").asDouble()).isEqualTo(0.3);
    }

    @Test
    void devUi_inItsChat_remembersWhatWasSaid() {
        model.answer(_ -> Reply.text(TEXT));
        ChatJsonRPCService page = devUi();
        page.reset("Be kind.");

        ChatResultPojo first = page.chat("hello", false);
        page.chat("again", false);

        assertThat(first.getError()).isNull();
        assertThat(model.calls().getLast().messages())
                .extracting(message -> message.role() + ": " + message.content())
                .containsExactly(
                        "system: Be kind.", "user: hello", "assistant: " + TEXT, "user: again");
    }

    @Test
    void devUi_inItsStreamingChat_givesThePiecesAndTheWhole() {
        model.answer(_ -> Reply.text(TEXT));
        ChatJsonRPCService page = devUi();

        List<JsonObject> events =
                page.streamingChat("hello", false).collect().asList().await().indefinitely();

        assertThat(events.getLast().getString("message")).isEqualTo(TEXT);
        assertThat(events).hasSizeGreaterThan(1);
    }

    /** What stands behind Dev UI's page in dev mode. */
    private ChatJsonRPCService devUi() {
        return new ChatJsonRPCService(
                chatModels,
                streamingModels,
                List.of(),
                List.of(),
                memories,
                tools,
                List.of(),
                List.of());
    }
}
