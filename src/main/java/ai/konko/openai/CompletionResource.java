package ai.konko.openai;

import ai.konko.assistant.ModelConfig;
import ai.konko.assistant.ModelEndpoint;
import ai.konko.assistant.Prompts;
import ai.konko.assistant.ProviderResource;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.NewChat;
import ai.konko.chat.Options;
import ai.konko.chat.Origin;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.Settings;
import ai.konko.chat.Status;
import ai.konko.chat.WhenBusy;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.StatelessTurns;
import ai.konko.http.Caller;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonBytes;
import ai.konko.http.JsonText;
import ai.konko.http.JsonTree;
import ai.konko.http.Outgoing;
import ai.konko.http.TextBound;
import ai.konko.http.ThisRequest;
import ai.konko.http.TurnFailedException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.virtual.threads.VirtualThreads;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Chat completions: the model is sent the messages that the client sends, and nothing is kept
 * unless the client asks for it.
 */
@Path("/v1/chat/completions")
@Produces(MediaType.WILDCARD)
public class CompletionResource {
    private final Responses responses;
    private final StatelessTurns stateless;
    private final Prompts prompts;
    private final ModelEndpoint endpoint;
    private final ChatLimits limits;
    private final ObjectMapper json;
    private final Outgoing outgoing;
    private final Passages passages;
    private final References references;
    private final boolean streamOnly;
    private final Executor threads;

    CompletionResource(
            Responses responses,
            StatelessTurns stateless,
            Prompts prompts,
            ModelEndpoint endpoint,
            ChatLimits limits,
            ObjectMapper json,
            Outgoing outgoing,
            Passages passages,
            References references,
            ModelConfig config,
            @VirtualThreads ExecutorService threads) {
        this.passages = passages;
        this.references = references;
        this.streamOnly = config.model().streamOnly();
        this.threads = threads;
        this.outgoing = outgoing;
        this.responses = responses;
        this.stateless = stateless;
        this.prompts = prompts;
        this.endpoint = endpoint;
        this.limits = limits;
        this.json = json;
    }

    /**
     * What is not kept is passed on as it came. Only a completion that is kept is read; and one
     * that has to be put together of a stream, because the provider has nothing else.
     */
    @POST
    @NonBlocking
    @Consumes(MediaType.APPLICATION_JSON)
    public CompletionStage<Response> create(
            @Nullable JsonBytes body, @Context RoutingContext request) {
        JsonBytes given = JsonBodyReader.required(body);
        if (!given.isLong()) {
            return create(given.outlined(), request);
        }
        Executor thisRequest = ThisRequest.executor();
        ThisRequest.dropBody(); // it may have images and files
        return CompletableFuture.supplyAsync(given::outlined, threads)
                .thenComposeAsync(outlined -> create(outlined, request), thisRequest);
    }

    private CompletionStage<Response> create(JsonText given, RoutingContext request) {
        boolean passes =
                !Passages.flag("store", given)
                        && passages.passes(ProviderResource.CHAT_COMPLETIONS)
                        && (Passages.flag("stream", given) || !streamOnly);
        if (passes) {
            return passages.pass(ProviderResource.CHAT_COMPLETIONS, given, request);
        }
        ThisRequest.dropBody(); // it may have images and files
        return CompletableFuture.supplyAsync(() -> read(given.tree(), request), threads)
                .thenCompose(Function.identity());
    }

    private CompletionStage<Response> read(JsonTree body, RoutingContext request) {
        CompletionBody given = body.as(CompletionBody.class);
        given.check(limits);
        Dialogue messages = references.read(request, "messages", given.messages());
        return given.kept()
                ? kept(body, given, messages, request)
                : stateless(given, messages, request);
    }

    private CompletionStage<Response> kept(
            JsonTree body, CompletionBody given, Dialogue messages, RoutingContext request) {
        Dialogue.ByTurns said = messages.byTurns(true, limits);
        TurnRequest wanted = TurnRequest.of(given, said, limits);
        RequestParameters.text("messages", said.instructions(), TextBound.INSTRUCTIONS, limits);
        Settings settings =
                new Settings(
                        null,
                        said.instructions(),
                        given.model(),
                        RequestParameters.metadata(given.metadata(), limits));
        RepeatableRequest sent = RepeatedRequests.of(request, body);
        Origin origin = Caller.origin(request);
        NewChat chat = new NewChat(origin.owner(), settings, wanted.replySeq(), sent);
        Responses.Answered answered =
                responses.once(
                        sent, null, () -> responses.open(origin, chat, wanted, WhenBusy.ENQUEUE));
        return answer(
                request,
                answered.repeated(),
                given,
                answered.reply(),
                responses.modelOf(answered.reply()),
                answered.live(),
                () -> {});
    }

    private CompletionStage<Response> stateless(
            CompletionBody given, Dialogue messages, RoutingContext request) {
        String model = Settings.NONE.modelToAsk(given.model(), endpoint.defaultModel());
        StatelessTurns.Asked asked =
                stateless.ask(
                        Caller.origin(request),
                        prompts.of(model, messages.said(), given.parameters(), given.streams()),
                        Options.NONE);
        Runnable stop = () -> stateless.stop(asked.live());
        if (!given.streams()) {
            ClientDisconnect.of(request, stop);
        }
        return answer(request, false, given, asked.reply(), model, asked.live(), stop);
    }

    private CompletionStage<Response> answer(
            RoutingContext request,
            boolean repeated,
            CompletionBody given,
            Message reply,
            String model,
            LiveReply live,
            Runnable abandoned) {
        if (given.streams()) {
            outgoing.admit(request, repeated, live.endedCharacters());
            return CompletableFuture.completedStage(
                    new CompletionEvents(live, reply, model, given.includesUsage(), json, abandoned)
                            .response());
        }
        return outgoing.whole(
                request,
                repeated,
                live.endedCharacters(),
                live::end,
                ended -> answered(ended, model));
    }

    private static Response answered(Message reply, String model) {
        if (reply.status() == Status.FAILED) {
            throw new TurnFailedException(reply);
        }
        if (!reply.isWhole()) {
            throw RefusedException.of(ErrorCode.MODEL_FAILED, "The reply broke off.");
        }
        return JsonAnswer.of(CompletionView.of(reply, model));
    }
}
