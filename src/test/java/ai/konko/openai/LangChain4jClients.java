package ai.konko.openai;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiResponsesChatModel;
import dev.langchain4j.model.openai.OpenAiResponsesStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.Result;
import dev.langchain4j.service.SystemMessage;
import dev.langchain4j.service.TokenStream;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The user's program: AI services as LangChain4j's documents have them. */
public final class LangChain4jClients implements LangChain4jUser {
    private static final String MODEL = "m";
    private static final String KEY = "none";

    private final Way way;
    private final String url;
    private final Weather weather = new Weather();

    public LangChain4jClients(Way way, String url) {
        this.way = way;
        this.url = url;
    }

    public interface Forecaster {
        @SystemMessage("Be brief.")
        Result<String> say(String message);
    }

    public interface StreamingForecaster {
        @SystemMessage("Be brief.")
        TokenStream say(String message);
    }

    public interface Reader {
        Degrees read(String text);
    }

    public record Degrees(String city, int celsius) {}

    /** A bean, because Quarkus takes the class of each tool for one. */
    @Singleton
    @Unremovable
    static final class Weather {
        private final List<String> asked = new ArrayList<>();

        @Tool("The weather in a city")
        String weather(@P("the city's name") String city) {
            asked.add(city);
            return "Sun in " + city;
        }
    }

    private ChatModel model() {
        return way.isResponses()
                ? OpenAiResponsesChatModel.builder()
                        .baseUrl(url)
                        .apiKey(KEY)
                        .modelName(MODEL)
                        .store(way.isKept())
                        .parallelToolCalls(true)
                        .build()
                : OpenAiChatModel.builder()
                        .baseUrl(url)
                        .apiKey(KEY)
                        .modelName(MODEL)
                        .store(way.isKept())
                        .strictTools(true)
                        .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
                        .strictJsonSchema(true)
                        .maxRetries(0)
                        .build();
    }

    private StreamingChatModel streamingModel() {
        return way.isResponses()
                ? OpenAiResponsesStreamingChatModel.builder()
                        .baseUrl(url)
                        .apiKey(KEY)
                        .modelName(MODEL)
                        .store(way.isKept())
                        .build()
                : OpenAiStreamingChatModel.builder()
                        .baseUrl(url)
                        .apiKey(KEY)
                        .modelName(MODEL)
                        .store(way.isKept())
                        .build();
    }

    @Override
    public List<String> ask(List<String> questions) {
        Forecaster forecaster =
                AiServices.builder(Forecaster.class)
                        .chatModel(model())
                        .chatMemory(MessageWindowChatMemory.withMaxMessages(WINDOW))
                        .tools(weather)
                        .build();
        List<String> answers = new ArrayList<>();
        for (String each : questions) {
            Result<String> answer = forecaster.say(each);
            answers.add(
                    "%s %s %d"
                            .formatted(
                                    answer.content(),
                                    answer.finishReason(),
                                    answer.finalResponse().tokenUsage().outputTokenCount()));
        }
        return answers;
    }

    @Override
    public List<String> askStreaming(List<String> questions) {
        StreamingForecaster forecaster =
                AiServices.builder(StreamingForecaster.class)
                        .streamingChatModel(streamingModel())
                        .chatMemory(MessageWindowChatMemory.withMaxMessages(WINDOW))
                        .tools(weather)
                        .build();
        List<String> answers = new ArrayList<>();
        for (String each : questions) {
            StringBuilder text = new StringBuilder();
            CompletableFuture<ChatResponse> end = new CompletableFuture<>();
            forecaster
                    .say(each)
                    .onPartialResponse(text::append)
                    .onCompleteResponse(end::complete)
                    .onError(end::completeExceptionally)
                    .start();
            ChatResponse last = end.join();
            answers.add(
                    "%s %s %d"
                            .formatted(
                                    text,
                                    last.finishReason(),
                                    last.tokenUsage().outputTokenCount()));
        }
        return answers;
    }

    @Override
    public List<String> called() {
        return weather.asked;
    }

    @Override
    public String read(String text) {
        return AiServices.create(Reader.class, model()).read(text).toString();
    }

    @Override
    public String look(String question, String url) {
        return model().chat(UserMessage.from(TextContent.from(question), ImageContent.from(url)))
                .aiMessage()
                .text();
    }
}
