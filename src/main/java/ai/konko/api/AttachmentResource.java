package ai.konko.api;

import ai.konko.chat.Attached;
import ai.konko.chat.Attachment;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.RefusedException;
import ai.konko.http.Outgoing;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The images and files of a chat. */
@Path("/chats")
@RunOnVirtualThread
public class AttachmentResource {
    private final ChatRepository repository;
    private final Outgoing outgoing;

    AttachmentResource(ChatRepository repository, Outgoing outgoing) {
        this.repository = repository;
        this.outgoing = outgoing;
    }

    /** The bytes of an id never change. A browser saves them and shows nothing. */
    @GET
    @Path("/{chatId}/attachments/{attachment}")
    @Produces(MediaType.WILDCARD)
    public Response get(
            @PathParam("chatId") String chatId,
            @PathParam("attachment") String id,
            @Context Request preconditions,
            @Context RoutingContext request) {
        if (!Attached.isId(id)) {
            throw RefusedException.attachmentNotFound();
        }
        UUID chat = PathId.chat(chatId);
        Attachment found = repository.attachment(chat, id);
        EntityTag tag = new EntityTag(id);
        Response.ResponseBuilder answer = preconditions.evaluatePreconditions(tag);
        if (answer == null) {
            outgoing.admit(request, found.as().size());
            answer =
                    Response.ok(found.bytes())
                            .header(HttpHeaders.CONTENT_TYPE, found.as().mediaType())
                            .header(HttpHeaders.CONTENT_DISPOSITION, disposition(found.as()));
        }
        return answer.tag(tag).header(HttpHeaders.CACHE_CONTROL, "private").build();
    }

    /** RFC 6266: a name in ASCII for those that know no other, and the name itself. */
    private static String disposition(Attached attached) {
        String name = attached.name();
        if (name == null) {
            return "attachment";
        }
        String plain = name.replaceAll("[^ -~]|[\"\\\\%]", "_");
        String encoded =
                URLEncoder.encode(name, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("*", "%2A");
        return "attachment; filename=\"%s\"; filename*=UTF-8''%s".formatted(plain, encoded);
    }
}
