package ai.konko.conversation;

import ai.konko.assistant.ModelAddress;
import ai.konko.assistant.ModelEndpoint;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * One span for each turn that runs, with the attributes of OpenTelemetry's semantic conventions for
 * generative AI, and nothing of what is said.
 */
@Singleton
class TurnSpans {
    static final String CHAT = "chat";

    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private static final TextMapGetter<String> TRACEPARENT =
            new TextMapGetter<>() {
                @Override
                public Iterable<String> keys(String carrier) {
                    return List.of("traceparent");
                }

                @Override
                public @Nullable String get(@Nullable String carrier, String key) {
                    return key.equals("traceparent") ? carrier : null;
                }
            };

    private final Tracer tracer;
    private final ModelAddress provider;

    TurnSpans(
            OpenTelemetry telemetry,
            @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean off,
            ModelEndpoint endpoint) {
        // One that is disabled makes its spans all the same.
        this.tracer = (off ? OpenTelemetry.noop() : telemetry).getTracer("ai.konko");
        this.provider = endpoint.completions();
    }

    Span begin(Message reply, @Nullable Origin origin) {
        return begin(reply, origin, CHAT);
    }

    /**
     * @param operation what the provider is asked to do, by its name in the semantic conventions
     */
    Span begin(Message reply, @Nullable Origin origin, String operation) {
        String model = reply.model() == null ? "" : reply.model();
        SpanBuilder span =
                tracer.spanBuilder(operation + " " + model)
                        .setSpanKind(SpanKind.CLIENT)
                        .setParent(parent(origin))
                        .setAttribute("gen_ai.operation.name", operation)
                        .setAttribute("gen_ai.provider.name", "openai")
                        .setAttribute("gen_ai.request.model", model)
                        .setAttribute("gen_ai.conversation.id", reply.chatId().toString())
                        .setAttribute("konko.reply.id", reply.id().toString())
                        .setAttribute("server.address", provider.host());
        if (provider.hasOwnPort()) {
            span.setAttribute("server.port", provider.port());
        }
        return span.startSpan();
    }

    private static Context parent(@Nullable Origin origin) {
        return origin == null || origin.traceparent() == null
                ? Context.root()
                : W3CTraceContextPropagator.getInstance()
                        .extract(Context.root(), origin.traceparent(), TRACEPARENT);
    }

    /** A summary tells the model of a part of the chat. */
    static void compacted(Span span) {
        span.setAttribute("gen_ai.conversation.compacted", true);
    }

    void describe(@Observes TurnEnded turn) {
        Span span = turn.span();
        Message reply = turn.reply();
        if (reply.finishReason() != null) {
            span.setAttribute(FINISH_REASONS, List.of(reply.finishReason().wire()));
        }
        if (reply.usage() != null) {
            span.setAttribute("gen_ai.usage.input_tokens", reply.usage().inputTokens());
            span.setAttribute("gen_ai.usage.output_tokens", reply.usage().outputTokens());
        }
        if (reply.failure() != null) {
            span.setAttribute("error.type", reply.failure().code().wire());
            span.setStatus(StatusCode.ERROR);
        }
    }
}
