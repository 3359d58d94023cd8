package ai.konko.api;

import ai.konko.chat.Attached;
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
import jakarta.ws.rs.core.Response;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

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

    /**
     * The bytes of an id never change, so they are read only for a client that does not have them.
     * A browser saves them and shows nothing.
     */
    @GET
    @Path("/{chatId}/attachments/{attachment}")
    @Produces(MediaType.WILDCARD)
    public Response get(
            @PathParam("chatId") String chatId,
            @PathParam("attachment") String id,
            @Context RoutingContext request) {
        if (!Attached.isId(id)) {
            throw RefusedException.attachmentNotFound();
        }
        UUID chat = PathId.chat(chatId);
        Attached known = repository.attached(chat, id);
        Response.ResponseBuilder answer;
        if (isHad(request, id)) {
            answer = Response.notModified();
        } else {
            outgoing.admit(request, known.size());
            answer =
                    Response.ok(repository.attachment(chat, id).bytes())
                            .header(HttpHeaders.CONTENT_TYPE, known.mediaType())
                            .header(HttpHeaders.CONTENT_DISPOSITION, disposition(known));
        }
        return answer.tag(new EntityTag(id)).header(HttpHeaders.CACHE_CONTROL, "private").build();
    }

    /** RFC 9110, 13.1.2: a list of tags, weak or not, or an asterisk for any. */
    private static boolean isHad(RoutingContext request, String id) {
        Set<String> same = Set.of("*", '"' + id + '"', "W/\"" + id + '"');
        return request.request().headers().getAll(HttpHeaders.IF_NONE_MATCH).stream()
                .flatMap(each -> Stream.of(each.split(",", -1)))
                .anyMatch(each -> same.contains(each.strip()));
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
