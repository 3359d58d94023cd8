package ai.konko.assistant;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.Attached;
import ai.konko.chat.Attachment;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Draft;
import ai.konko.chat.Item;
import ai.konko.chat.TestLimits;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderRequestBodyTest {
    private static final String NASTY = "\"\\\b\n\u0001\u007f</\u00e9\u65e5\uD83D\uDE00";

    private static final String NASTY_NAME = "\"\\\u00e9\u65e5\uD83D\uDE00";

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Dialect OPENAI = new Dialect(true, false, null, true, Map.of());

    @Test
    void of_anyMessages_hasTheirTextToTheLetter() throws Exception {
        byte[] message = NASTY.getBytes(UTF_8);
        ContextTurn turn =
                new ContextTurn(
                        2,
                        1,
                        ContextTurn.joined(message, message.length, "reply " + NASTY),
                        message.length);

        JsonNode body =
                new ObjectMapper()
                        .readTree(
                                ProviderRequestBody.of(
                                                List.of(
                                                        SystemMessage.from("system " + NASTY),
                                                        ContextMessage.ofMessage(turn),
                                                        ContextMessage.ofReply(turn),
                                                        ContextMessage.of(Speaker.ASSISTANT, NASTY),
                                                        UserMessage.from("user " + NASTY)),
                                                call(),
                                                OPENAI)
                                        .getBytes());

        assertThat(body.path("messages"))
                .extracting(
                        each -> each.path("role").asText() + ": " + each.path("content").asText())
                .containsExactly(
                        "system: system " + NASTY,
                        "user: " + NASTY,
                        "assistant: reply " + NASTY,
                        "assistant: " + NASTY,
                        "user: user " + NASTY);
    }

    @Test
    void of_aLongContext_isWhole() throws Exception {
        String text = NASTY.repeat(10_000); // longer than what is written at once

        JsonNode body =
                new ObjectMapper()
                        .readTree(
                                ProviderRequestBody.of(
                                                List.of(ContextMessage.of(Speaker.USER, text)),
                                                call(),
                                                OPENAI)
                                        .getBytes());

        assertThat(body.path("messages").path(0).path("content").asText()).isEqualTo(text);
    }

    @Test
    void of_messagesThatAreMoreThanText_hasThemInTheProvidersForm() throws Exception {
        ContextMessage image =
                ContextMessage.of(
                        Speaker.USER, "What is this?", List.of(new Item.Image(5, "https://x/y")));
        ContextMessage calls =
                ContextMessage.of(
                        Speaker.ASSISTANT,
                        "",
                        List.of(
                                new Item.Reasoning(0, "SECRET"),
                                Item.Call.open(0, "a", "get weather", "[1]"),
                                Item.Call.open(0, "b", "f", "{\"x\":1}")));

        JsonNode messages =
                messages(
                        image,
                        calls,
                        ContextMessage.ofOutput("a", "", null),
                        ContextMessage.ofOutput("b", NASTY, null));

        assertThat(messages)
                .isEqualTo(
                        JSON.readTree(
                                """
                                [{"role":"user","content":[{"type":"text","text":"What "},
                                    {"type":"image_url","image_url":{"url":"https://x/y"}},
                                    {"type":"text","text":"is this?"}]},
                                 {"role":"assistant","content":null,"tool_calls":[
                                    {"id":"a","type":"function","function":
                                      {"name":"get_weather","arguments":"{\\"arguments\\":\\"[1]\\"}"}},
                                    {"id":"b","type":"function","function":
                                      {"name":"f","arguments":"{\\"x\\":1}"}}]},
                                 {"role":"tool","content":"","tool_call_id":"a"},
                                 {"role":"tool","content":%s,"tool_call_id":"b"}]
                                """
                                        .formatted(JSON.writeValueAsString(NASTY))));
    }

    @Test
    void of_idsThatAreTooLong_areShortAndStillFitTogether() throws Exception {
        String one = "chatcmpl-tool-0123456789abcdef0123456789abcdef";
        String other = one + "_2";
        ToolExecutionRequest call = ToolExecutionRequest.builder().id(one).name("f").build();

        JsonNode messages =
                messages(
                        ContextMessage.of(
                                Speaker.ASSISTANT,
                                "",
                                List.of(
                                        Item.Call.open(0, one, "f", "{}"),
                                        Item.Call.open(0, other, "f", "{}"))),
                        ContextMessage.ofOutput(one, "1", null),
                        ContextMessage.ofOutput(other, "2", null),
                        ToolExecutionResultMessage.from(call, "3"));

        String sent = messages.at("/0/tool_calls/0/id").asText();
        assertThat(sent).hasSizeLessThanOrEqualTo(40);
        assertThat(messages.at("/1/tool_call_id").asText()).isEqualTo(sent);
        assertThat(messages.at("/3/tool_call_id").asText()).isEqualTo(sent);
        assertThat(messages.at("/2/tool_call_id"))
                .isEqualTo(messages.at("/0/tool_calls/1/id"))
                .isNotEqualTo(messages.at("/1/tool_call_id"));
    }

    @Test
    void of_longIds_areToTheLetterForOthersThanOpenAi() throws Exception {
        String id = "call_1__thought__" + "x".repeat(100);
        List<ChatMessage> output = List.of(ContextMessage.ofOutput(id, "1", null));
        Dialect other = new Dialect(true, false, null, false, Map.of());

        JsonNode body =
                new ObjectMapper()
                        .readTree(ProviderRequestBody.of(output, call(), other).getBytes());

        assertThat(body.at("/messages/0/tool_call_id").asText()).isEqualTo(id);
    }

    @Test
    void of_attachments_hasTheirBytesAsDataUrls() throws Exception {
        byte[] bytes = new byte[100_001]; // more than is written at once
        new Random(1).nextBytes(bytes);
        Attachment image = Attachment.of("image/png", null, bytes);
        Attachment file = Attachment.of("text/plain;charset=utf-8", NASTY_NAME, new byte[] {1});
        Attached gone = Attachment.of("image/gif", null, new byte[] {2}).as();
        ContextMessage said =
                ContextMessage.of(
                        Speaker.USER,
                        "See",
                        List.of(
                                new Item.Image(0, null, image.as()),
                                new Item.File(3, file.as()),
                                new Item.Image(3, null, gone)));
        AttachedBytes source =
                ids -> {
                    assertThat(ids)
                            .containsExactlyInAnyOrder(image.as().id(), file.as().id(), gone.id());
                    return Map.of(image.as().id(), bytes, file.as().id(), file.bytes());
                };

        JsonNode content =
                JSON.readTree(
                                ProviderRequestBody.of(List.of(said), call(source, said), OPENAI)
                                        .getBytes())
                        .at("/messages/0/content");

        assertThat(content)
                .isEqualTo(
                        JSON.readTree(
                                """
                                [{"type":"image_url","image_url":{"url":"data:image/png;base64,%s"}},
                                 {"type":"text","text":"See"},
                                 {"type":"file","file":
                                   {"filename":%s,"file_data":"data:text/plain;charset=utf-8;base64,AQ=="}},
                                 {"type":"text","text":"[image left out]"}]
                                """
                                        .formatted(
                                                Base64.getEncoder().encodeToString(bytes),
                                                JSON.writeValueAsString(NASTY_NAME))));
    }

    @Test
    void of_langChain4jsOwnMessages_hasTheSameForm() throws Exception {
        ToolExecutionRequest call =
                ToolExecutionRequest.builder().id("a").name("f").arguments("").build();

        JsonNode messages =
                messages(
                        UserMessage.from(
                                TextContent.from("What?"), ImageContent.from("AAAA", "image/png")),
                        AiMessage.from(call),
                        ToolExecutionResultMessage.from(call, "out"));

        assertThat(messages)
                .isEqualTo(
                        JSON.readTree(
                                """
                                [{"role":"user","content":[{"type":"text","text":"What?"},
                                    {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
                                 {"role":"assistant","content":null,"tool_calls":[
                                    {"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
                                 {"role":"tool","content":"out","tool_call_id":"a"}]
                                """));
    }

    @Test
    void of_parametersOfAnyKind_hasThemAsTheyAre() throws Exception {
        String parameters =
                "{\"a\":[true,null,1,2.5,12345678901234567890],\"b\":{\"c\":false,\"d\":9007199254740993}}";

        JsonNode body =
                body(
                        call(
                                false,
                                JSON.readValue(
                                        parameters, new TypeReference<Map<String, Object>>() {})),
                        OPENAI);

        assertThat(body.path("a")).isEqualTo(JSON.readTree(parameters).path("a"));
        assertThat(body.path("b")).isEqualTo(JSON.readTree(parameters).path("b"));
    }

    private static JsonNode messages(ChatMessage... messages) throws Exception {
        return JSON.readTree(ProviderRequestBody.of(List.of(messages), call(), OPENAI).getBytes())
                .path("messages");
    }

    @ParameterizedTest
    @CsvSource({
        "true,  true,  false, true,  true",
        "true,  false, false, true,  false",
        "false, true,  false, false, false",
        "false, true,  true,  true,  true",
        "false, false, true,  true,  false"
    })
    void of_aCall_asksForAStreamAsTheProviderWantsIt(
            boolean streamed, boolean options, boolean only, boolean stream, boolean usage)
            throws Exception {
        Dialect dialect = new Dialect(options, only, null, false, Map.of());

        JsonNode body = body(call(streamed, Map.of()), dialect);

        assertThat(body.path("stream").isBoolean()).isTrue();
        assertThat(body.path("stream").asBoolean()).isEqualTo(stream);
        assertThat(body.at("/stream_options/include_usage").asBoolean()).isEqualTo(usage);
        assertThat(body.has("stream_options")).isEqualTo(usage);
    }

    @ParameterizedTest
    @CsvSource({
        "max_tokens, , true, max_tokens",
        "max_tokens, , false, max_tokens",
        "max_completion_tokens, , true, max_completion_tokens",
        "max_completion_tokens, , false, max_tokens",
        "max_tokens, max_completion_tokens, false, max_completion_tokens",
        "max_completion_tokens, max_tokens, true, max_tokens"
    })
    void of_aLimitOfTokens_hasTheNameThatTheProviderKnows(
            String given, String wanted, boolean openAi, String sent) throws Exception {
        ModelParameters call = call(false, Map.of(given, 7, "seed", 8));

        JsonNode body = body(call, new Dialect(true, false, wanted, openAi, Map.of()));

        assertThat(body.path(sent).asInt()).isEqualTo(7);
        assertThat(body.path("seed").asInt()).isEqualTo(8);
        assertThat(body).hasSize(5);
    }

    private static JsonNode body(ModelParameters call, Dialect dialect) throws Exception {
        return new ObjectMapper()
                .readTree(ProviderRequestBody.of(List.of(), call, dialect).getBytes());
    }

    private static ModelParameters call(AttachedBytes source, ContextMessage said) {
        return new ModelParameters(
                new Prompt(
                        null, "m", List.of(said), Map.of(), false, source, Prompt.Seen.ALL, null),
                Timeouts.whole(Duration.ofSeconds(1)),
                new Cancellation(),
                new TextInFlight(TestLimits.WIDE).open(null),
                new DraftWriter(Draft.NOWHERE, new CallIds(1, Set.of()), 0, () -> {}));
    }

    private static ModelParameters call() {
        return call(false, Map.of());
    }

    private static ModelParameters call(boolean streamed, Map<String, Object> parameters) {
        return new ModelParameters(
                "m",
                parameters,
                streamed,
                Timeouts.whole(Duration.ofSeconds(1)),
                new Cancellation(),
                new TextInFlight(TestLimits.WIDE).open(null));
    }
}
