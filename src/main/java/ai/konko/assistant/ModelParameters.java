package ai.konko.assistant;

import ai.konko.chat.Draft;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a call to the model has beside its messages, as LangChain4j hands it on: every model takes
 * such a request and asks for {@link #modelName}. {@link ProviderModel} knows the rest too.
 */
final class ModelParameters extends DefaultChatRequestParameters {
    private final Map<String, Object> sent;
    private final boolean streamed;
    private final Timeouts timeouts;
    private final Cancellation cancellation;
    private final TextAllowance allowance;
    private final DraftWriter out;
    private final AttachedBytes attached;

    /**
     * Of a call whose answer is of use only as text.
     *
     * @param sent to the provider as they are
     * @param streamed whether the model is to give its answer piece by piece
     * @param allowance how much of an answer may be held
     */
    ModelParameters(
            String model,
            Map<String, Object> sent,
            boolean streamed,
            Timeouts timeouts,
            Cancellation cancellation,
            TextAllowance allowance) {
        this(
                model,
                sent,
                streamed,
                timeouts,
                cancellation,
                allowance,
                new DraftWriter(Draft.NOWHERE, new CallIds(1, Set.of()), 0, () -> {}),
                AttachedBytes.NONE);
    }

    private ModelParameters(
            String model,
            Map<String, Object> sent,
            boolean streamed,
            Timeouts timeouts,
            Cancellation cancellation,
            TextAllowance allowance,
            DraftWriter out,
            AttachedBytes attached) {
        super(builder().modelName(model));
        this.sent = sent;
        this.streamed = streamed;
        this.timeouts = timeouts;
        this.cancellation = cancellation;
        this.allowance = allowance;
        this.out = out;
        this.attached = attached;
    }

    /**
     * Of a call that writes a reply.
     *
     * @param out takes what the service that is asked has no place for: all but the text
     */
    ModelParameters(
            Prompt prompt,
            Timeouts timeouts,
            Cancellation cancellation,
            TextAllowance allowance,
            DraftWriter out) {
        this(
                prompt.model(),
                prompt.parameters(),
                prompt.streamed(),
                timeouts,
                cancellation,
                allowance,
                out,
                prompt.attached());
    }

    /** Of a call whose answer is of use only as text. */
    ModelParameters(
            Prompt prompt, Timeouts timeouts, Cancellation cancellation, TextAllowance allowance) {
        this(
                prompt.model(),
                prompt.parameters(),
                prompt.streamed(),
                timeouts,
                cancellation,
                allowance);
    }

    /**
     * @return what of a plain request is sent to the provider, by the provider's names
     * @throws UnsupportedFeatureException if it wants an answer that is no text
     */
    static Map<String, Object> sent(ChatRequestParameters plain) {
        requireText(plain);
        Map<String, Object> sent = new LinkedHashMap<>();
        put(sent, "temperature", plain.temperature());
        put(sent, "top_p", plain.topP());
        put(sent, "top_k", plain.topK());
        put(sent, "frequency_penalty", plain.frequencyPenalty());
        put(sent, "presence_penalty", plain.presencePenalty());
        put(sent, Dialect.MAX_TOKENS, plain.maxOutputTokens());
        List<String> stop = plain.stopSequences();
        put(sent, "stop", stop == null || stop.isEmpty() ? null : stop);
        if (!plain.toolSpecifications().isEmpty()) {
            put(sent, "tools", PlainTools.sent(plain.toolSpecifications()));
            put(sent, "tool_choice", PlainTools.sent(plain.toolChoice()));
        }
        return sent;
    }

    /**
     * Services of ours ask for text alone, so that LangChain4j never runs a tool.
     *
     * @throws UnsupportedFeatureException if a request has tools, or asks for an answer that is no
     *     text
     */
    static void requireNoTools(ChatRequestParameters plain) {
        if (!plain.toolSpecifications().isEmpty()) {
            throw new UnsupportedFeatureException("Tools are not supported.");
        }
        requireText(plain);
    }

    private static void requireText(ChatRequestParameters plain) {
        if (plain.responseFormat() != null
                && plain.responseFormat().type() != ResponseFormatType.TEXT) {
            throw new UnsupportedFeatureException("Only text is supported as response format.");
        }
    }

    private static void put(Map<String, Object> to, String name, @Nullable Object value) {
        if (value != null) {
            to.put(name, value);
        }
    }

    Map<String, Object> sent() {
        return sent;
    }

    boolean streamed() {
        return streamed;
    }

    Timeouts timeouts() {
        return timeouts;
    }

    Cancellation cancellation() {
        return cancellation;
    }

    TextAllowance allowance() {
        return allowance;
    }

    DraftWriter out() {
        return out;
    }

    AttachedBytes attached() {
        return attached;
    }

    @Override
    public String toString() {
        return "ModelParameters[" + modelName() + "]";
    }
}
