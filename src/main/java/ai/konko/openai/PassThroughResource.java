package ai.konko.openai;

import ai.konko.assistant.ProviderResource;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.JsonText;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What this service has nothing of its own for: the provider answers. */
@Path("/v1")
@Produces(MediaType.WILDCARD)
@Consumes(MediaType.APPLICATION_JSON)
@NonBlocking
public class PassThroughResource {
    private final Passages passages;

    PassThroughResource(Passages passages) {
        this.passages = passages;
    }

    @POST
    @Path("/completions")
    public CompletionStage<Response> completion(
            @Nullable JsonText body, @Context RoutingContext request) {
        return pass(ProviderResource.COMPLETIONS, body, request);
    }

    @POST
    @Path("/embeddings")
    public CompletionStage<Response> embeddings(
            @Nullable JsonText body, @Context RoutingContext request) {
        return pass(ProviderResource.EMBEDDINGS, body, request);
    }

    @POST
    @Path("/moderations")
    public CompletionStage<Response> moderation(
            @Nullable JsonText body, @Context RoutingContext request) {
        return pass(ProviderResource.MODERATIONS, body, request);
    }

    private CompletionStage<Response> pass(
            ProviderResource to, @Nullable JsonText body, RoutingContext request) {
        return passages.pass(to, JsonBodyReader.required(body), request);
    }
}
