package ai.konko.openai;

import ai.konko.assistant.ModelEndpoint;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The model that is configured. The provider may know others, which can be asked for too. */
@Path("/v1/models")
@Produces(MediaType.WILDCARD)
@Tag(name = "OpenAI models")
public class ModelResource {
    private final ModelEndpoint endpoint;

    ModelResource(ModelEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @GET
    @Operation(operationId = "listModels", summary = "List the models that are configured here")
    @APIResponse(
            responseCode = "200",
            description = "The models",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ListView.Models.class)))
    public Response list() {
        return ConversationResource.json(
                new ListView.Models("list", List.of(ModelView.of(endpoint.defaultModel()))));
    }

    @GET
    @Path("/{model: .+}")
    @Operation(operationId = "getModel", summary = "Read a model")
    @APIResponse(
            responseCode = "200",
            description = "The model",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = ModelView.class)))
    public Response get(@PathParam("model") String model) {
        if (!model.equals(endpoint.defaultModel())) {
            throw RefusedException.of(ErrorCode.NOT_FOUND, "There is no such model here.");
        }
        return ConversationResource.json(ModelView.of(model));
    }
}
