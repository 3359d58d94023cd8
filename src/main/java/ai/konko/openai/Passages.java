package ai.konko.openai;

import ai.konko.assistant.ModelEndpoint;
import ai.konko.assistant.PassedAnswer;
import ai.konko.assistant.PassedRequest;
import ai.konko.assistant.ProviderError;
import ai.konko.assistant.ProviderResource;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Status;
import ai.konko.conversation.StatelessTurns;
import ai.konko.http.Caller;
import ai.konko.http.JsonText;
import ai.konko.http.OpenAiProblem;
import ai.konko.http.Refusals;
import ai.konko.http.TextBound;
import ai.konko.http.ThisRequest;
import ai.konko.http.TurnFailedException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Requests that are passed on to the provider, and its answers. Of a request only what this service
 * has to know is checked; all else is the provider's to refuse.
 */
@Singleton
class Passages {
    private final StatelessTurns turns;
    private final ModelEndpoint endpoint;
    private final ChatLimits limits;
    private final ObjectMapper json;
    private final Refusals refusals;
    private final Set<String> passed;

    Passages(
            StatelessTurns turns,
            ModelEndpoint endpoint,
            ChatLimits limits,
            ObjectMapper json,
            Refusals refusals,
            PassThroughConfig config) {
        this.passed = passed(config);
        this.turns = turns;
        this.endpoint = endpoint;
        this.limits = limits;
        this.json = json;
        this.refusals = refusals;
    }

    /** The paths of what is passed on, which may be separated by blanks too. */
    static Set<String> passed(PassThroughConfig config) {
        return config.passthrough().stream()
                .map(String::strip)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** What a request for something that is not passed on is told. */
    static RefusedException nothingHere() {
        return RefusedException.of(ErrorCode.NOT_FOUND, "There is nothing at this address.");
    }

    /** Whether requests for this are passed on. */
    boolean passes(ProviderResource resource) {
        return passed.contains(resource.path());
    }

    /**
     * Passes a request on. If its client goes before it has all of the answer, the provider is told
     * to stop.
     *
     * @throws RefusedException if it is switched off, there is no room for it, or what has to be
     *     known is wrong
     */
    CompletionStage<Response> pass(ProviderResource to, JsonText body, RoutingContext request) {
        if (!passes(to)) {
            throw nothingHere();
        }
        StatelessTurns.Passed passed = turns.pass(Caller.origin(request), checked(to, body));
        ThisRequest.dropBody(); // the provider has it
        ClientDisconnect.of(request, () -> turns.stop(passed.live()));
        PassedAnswer answer = passed.answer();
        CompletableFuture<Message> end = passed.live().end();
        return CompletableFuture.anyOf(answer.begun(), end)
                .handleAsync((_, _) -> response(answer, end), ThisRequest.executor());
    }

    private PassedRequest checked(ProviderResource to, JsonText body) {
        JsonNode named = body.outline().get("model");
        if (!named.isMissingNode() && !named.isTextual()) {
            throw RefusedException.invalid("model", "must be a string");
        }
        String model = named.textValue();
        RequestParameters.text("model", model, TextBound.MODEL, limits);
        boolean _ = flag("store", body);
        return new PassedRequest(
                to,
                body.outline(),
                model == null && to.generates() ? endpoint.defaultModel() : model,
                flag("stream", body));
    }

    /**
     * @return whether it is given, and true
     */
    static boolean flag(String name, JsonText body) {
        JsonNode flag = body.outline().get(name);
        if (!flag.isMissingNode() && !flag.isBoolean()) {
            throw RefusedException.invalid(name, "must be true or false");
        }
        return flag.asBoolean();
    }

    private Response response(PassedAnswer answer, CompletableFuture<Message> end) {
        if (answer.begun().isDone()) {
            return streamed(answer, end);
        }
        Message ended;
        try {
            ended = end.join();
        } catch (CompletionException left) {
            throw left.getCause() instanceof RuntimeException cause ? cause : left;
        }
        ProviderError error = answer.error();
        if (error != null) {
            return refused(error);
        }
        if (ended.status() == Status.FAILED) {
            throw new TurnFailedException(ended);
        }
        if (!answer.isWhole()) {
            throw RefusedException.of(ErrorCode.MODEL_FAILED, "The reply broke off.");
        }
        return whole(answer);
    }

    private Response streamed(PassedAnswer answer, CompletableFuture<Message> end) {
        PassedBody body = new PassedBody(answer, end, json);
        return answer.isEvents()
                ? body.events(answer.contentType())
                : Response.ok(body).type(answer.contentType()).build();
    }

    private Response refused(ProviderError error) {
        refusals.count(ErrorCode.INVALID);
        String code = error.code() == null ? ErrorCode.INVALID.wire() : error.code();
        return Response.status(Response.Status.BAD_REQUEST)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(OpenAiProblem.ofRequest(error.message(), error.param(), code))
                .build();
    }

    private static Response whole(PassedAnswer answer) {
        Buffer body = Buffer.buffer();
        for (Buffer part = answer.next(); part != null; part = answer.next()) {
            body.appendBuffer(part);
        }
        return Response.ok(body).type(answer.contentType()).build();
    }
}
