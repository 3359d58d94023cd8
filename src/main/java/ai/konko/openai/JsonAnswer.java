package ai.konko.openai;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** An answer in JSON. OpenAI's clients get that whatever they accept. */
final class JsonAnswer {
    private JsonAnswer() {}

    static Response of(Object entity) {
        return Response.ok(entity).type(MediaType.APPLICATION_JSON_TYPE).build();
    }
}
