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

/** The configured model. The provider may have others, which can be asked for too. */
@Path("/v1/models")
@Produces(MediaType.WILDCARD)
public class ModelResource {
    private final ModelEndpoint endpoint;

    ModelResource(ModelEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @GET
    public Response list() {
        return JsonAnswer.of(
                new ListView.Models("list", List.of(ModelView.of(endpoint.defaultModel()))));
    }

    @GET
    @Path("/{model: .+}")
    public Response get(@PathParam("model") String model) {
        if (!model.equals(endpoint.defaultModel())) {
            throw RefusedException.of(ErrorCode.NOT_FOUND, "There is no such model here.");
        }
        return JsonAnswer.of(ModelView.of(model));
    }
}
