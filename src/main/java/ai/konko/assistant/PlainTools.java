package ai.konko.assistant;

import ai.konko.chat.Item;
import ai.konko.chat.Items;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tools and calls as LangChain4j has them, for those who ask the model by its interfaces. */
final class PlainTools {
    private PlainTools() {}

    /** The tools in the provider's form. */
    static List<Map<String, Object>> sent(List<ToolSpecification> tools) {
        return tools.stream().map(PlainTools::sent).toList();
    }

    private static Map<String, Object> sent(ToolSpecification tool) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", tool.name());
        if (tool.description() != null) {
            function.put("description", tool.description());
        }
        if (tool.parameters() != null) {
            function.put("parameters", JsonSchemaElementUtils.toMap(tool.parameters()));
        }
        return Map.of("type", "function", "function", function);
    }

    /** The choice in the provider's word. */
    static @Nullable String sent(@Nullable ToolChoice choice) {
        return choice == null ? null : choice.name().toLowerCase(Locale.ROOT);
    }

    /** The same response with the answer's reasoning and calls. */
    static ChatResponse with(List<Item> items, ChatResponse response) {
        if (items.isEmpty()) {
            return response;
        }
        List<ToolExecutionRequest> calls =
                Items.calls(items).stream().map(PlainTools::request).toList();
        String thinking =
                items.stream()
                        .filter(Item.Reasoning.class::isInstance)
                        .map(each -> ((Item.Reasoning) each).text())
                        .collect(Collectors.joining("\n\n"));
        String text = response.aiMessage().text();
        boolean ended = response.finishReason() == FinishReason.STOP && !calls.isEmpty();
        return ChatResponse.builder()
                .aiMessage(
                        AiMessage.builder()
                                .text(text == null || text.isEmpty() ? null : text)
                                .thinking(thinking.isEmpty() ? null : thinking)
                                .toolExecutionRequests(calls)
                                .attributes(response.aiMessage().attributes())
                                .build())
                .finishReason(ended ? FinishReason.TOOL_EXECUTION : response.finishReason())
                .tokenUsage(response.tokenUsage())
                .build();
    }

    private static ToolExecutionRequest request(Item.Call call) {
        return ToolExecutionRequest.builder()
                .id(call.callId())
                .name(call.tool())
                .arguments(call.arguments())
                .build();
    }
}
