package ai.konko.openai;

import ai.konko.assistant.ProviderModels;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.http.ThisRequest;
import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The models that can be asked for. The provider may have others, and whoever knows their names can
 * ask for them too.
 */
@Path("/v1/models")
@Produces(MediaType.WILDCARD)
@NonBlocking
public class ModelResource {
    private final ProviderModels models;

    ModelResource(ProviderModels models) {
        this.models = models;
    }

    @GET
    public CompletionStage<Response> list() {
        return answer(all -> new ListView.Models("list", all));
    }

    @GET
    @Path("/{model: .+}")
    public CompletionStage<Response> get(@PathParam("model") String model) {
        return answer(
                all ->
                        Stream.concat(all.stream(), Stream.of(models.configured()))
                                .filter(each -> each.path("id").textValue().equals(model))
                                .findFirst()
                                .orElseThrow(
                                        () ->
                                                RefusedException.of(
                                                        ErrorCode.NOT_FOUND,
                                                        "There is no such model here.")));
    }

    private CompletionStage<Response> answer(Function<List<JsonNode>, Object> view) {
        return models.list()
                .thenApplyAsync(all -> JsonAnswer.of(view.apply(all)), ThisRequest.executor());
    }
}
