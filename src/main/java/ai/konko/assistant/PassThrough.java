package ai.konko.assistant;

import ai.konko.chat.Failure;
import ai.konko.chat.Outcome;
import ai.konko.chat.Written;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.core.http.HttpMethod;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes requests on to the provider as they came, and its answers back. So everything works that
 * the provider knows, whether this service knows it or not.
 */
@Singleton
public class PassThrough {
    /** Makes the turn count as use even if the provider reports no usage; it is never shown. */
    private static final String SAID = "\u2026";

    private final ModelClient client;
    private final ModelEndpoint endpoint;
    private final ModelConfig.Model config;
    private final Dialect dialect;

    PassThrough(ModelClient client, ModelEndpoint endpoint, ModelConfig config) {
        this.client = client;
        this.endpoint = endpoint;
        this.config = config.model();
        this.dialect = Dialect.of(this.config, endpoint);
    }

    /**
     * Asks the provider, and does not wait for it.
     *
     * @param first is run when the first event of a stream comes
     * @param end is told once that the turn is over, on any thread, as {@link ReplyWriter#write}
     *     says
     * @param answer takes what the client gets
     */
    public void pass(
            PassedRequest request,
            PassedAnswer answer,
            Cancellation cancellation,
            TextAllowance allowance,
            Runnable first,
            Consumer<Supplier<Ending>> end) {
        boolean counts = dialect.asksForUsage(request);
        PassedReader reader = new PassedReader(request, answer, counts, client.bounds(), first);
        CompletableFuture<@Nullable Void> _ =
                client.send(
                                HttpMethod.POST,
                                client.target(request.resource().path()),
                                body(request, counts),
                                Timeouts.of(config, request.streamed()),
                                cancellation,
                                allowance,
                                reader)
                        .whenComplete(
                                (_, failed) -> {
                                    if (failed == null) {
                                        answer.wasWhole();
                                    } else {
                                        answer.refused(error(failed));
                                    }
                                    end.accept(
                                            () ->
                                                    ending(
                                                            reader,
                                                            answer,
                                                            failed,
                                                            cancellation,
                                                            allowance));
                                });
    }

    private Buffer body(PassedRequest request, boolean counts) {
        byte[] body = dialect.translated(request, counts);
        return BufferImpl.buffer(Unpooled.wrappedBuffer(body));
    }

    private @Nullable ProviderError error(Throwable failed) {
        Throwable cause = failed instanceof CompletionException ? failed.getCause() : failed;
        ProviderError error = cause instanceof ModelException model ? model.error() : null;
        return error == null || error.tellsOf(endpoint.secrets()) ? null : error;
    }

    private static Ending ending(
            PassedReader reader,
            PassedAnswer answer,
            @Nullable Throwable failed,
            Cancellation cancellation,
            TextAllowance allowance) {
        Written said = Written.of(failed == null || reader.hasPassed() ? SAID : "");
        Failure known = failed == null ? null : ModelException.in(failed);
        if (known != null && answer.error() != null) { // the client's fault, and not for the log
            return _ -> Outcome.brokenOff(said, known);
        }
        Ending how =
                failed == null
                        ? CallEnd.of(reader.response(), allowance)
                        : CallEnd.of(failed, "A request that was passed on", cancellation);
        return _ -> how.of(said);
    }
}
