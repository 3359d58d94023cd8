package ai.konko.api;

import ai.konko.assistant.ContextWindow;
import ai.konko.assistant.HighlightFinder;
import ai.konko.assistant.ModelEndpoint;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.Tally;
import ai.konko.conversation.TurnEngine;
import ai.konko.http.Caller;
import ai.konko.http.HttpLimits;
import ai.konko.http.JsonBodyReader;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import ai.konko.http.TextBound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Chats. */
@Path("/chats")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Chats")
public class ChatResource {
    private final ChatRepository repository;
    private final TurnEngine turns;
    private final ContextWindow window;
    private final HighlightFinder highlights;
    private final ModelEndpoint endpoint;
    private final ChatLimits limits;
    private final HttpLimits http;
    private final SearchTurns searches;
    private final Outgoing outgoing;

    ChatResource(
            ChatRepository repository,
            TurnEngine turns,
            ContextWindow window,
            HighlightFinder highlights,
            ModelEndpoint endpoint,
            ChatLimits limits,
            HttpLimits http,
            SearchTurns searches,
            Outgoing outgoing) {
        this.repository = repository;
        this.turns = turns;
        this.window = window;
        this.highlights = highlights;
        this.endpoint = endpoint;
        this.limits = limits;
        this.http = http;
        this.searches = searches;
        this.outgoing = outgoing;
    }

    @POST
    @Consumes(MediaType.WILDCARD) // of no body, whatever it is called
    @Operation(operationId = "createChat", summary = "Start a chat")
    @APIResponse(
            responseCode = "201",
            description = "The chat",
            headers =
                    @Header(
                            name = "Location",
                            description = "The chat",
                            schema = @Schema(type = SchemaType.STRING)),
            content = @Content(schema = @Schema(implementation = ChatView.class)))
    public Response create(
            @RequestBody(
                            required = false,
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON,
                                            schema = @Schema(implementation = ChatBody.class)))
                    @Nullable ChatBody body,
            @Context RoutingContext request) {
        Chat chat =
                repository.create(
                        Caller.of(request), body == null ? Settings.NONE : body.settings());
        return Response.created(URI.create("/chats/" + chat.id()))
                .entity(ChatView.of(chat, endpoint))
                .build();
    }

    @GET
    @Operation(
            operationId = "listChats",
            summary = "List chats, newest created first",
            description = "A page may have fewer than limit: it ends where its text gets long.")
    public PageView.Chats list(
            @Parameter(
                            schema =
                                    @Schema(
                                            type = SchemaType.INTEGER,
                                            minimum = "1",
                                            maximum = "100",
                                            defaultValue = "20"))
                    @QueryParam("limit")
                    @Nullable String limit,
            @Parameter(description = "The nextCursor of the page before, with the same q.")
                    @QueryParam("cursor")
                    @Nullable String cursor,
            @Parameter(
                            description =
                                    "Only chats whose title or messages contain this, whatever the case.",
                            schema = @Schema(type = SchemaType.STRING, maxLength = 200))
                    @QueryParam("q")
                    @Nullable String q,
            @Context RoutingContext request) {
        String text = q == null || q.isEmpty() ? null : q;
        if (text != null) {
            TextBound.SEARCH
                    .broken(text, limits)
                    .ifPresent(
                            message -> {
                                throw RefusedException.invalid("q", message);
                            });
        }
        Cursor cursors = new Cursor("chats?q=" + (text == null ? "" : text));
        ChatQuery query =
                new ChatQuery(
                        Caller.of(request),
                        Query.number(
                                "limit", limit, 1, http.pageSize(), Math.min(20, http.pageSize())),
                        cursors.from(cursor, UUID::fromString),
                        text);
        Page<Chat> page =
                text == null
                        ? repository.chats(query)
                        : searches.run(query.owner(), () -> repository.chats(query));
        outgoing.admit(request, page);
        return new PageView.Chats(
                page.map(chat -> ChatView.of(chat, endpoint)).items(),
                PageView.next(page, last -> cursors.to(last.id().toString())));
    }

    @GET
    @Path("/{chatId}")
    @Operation(operationId = "getChat", summary = "Read a chat")
    public ChatView get(@PathParam("chatId") String chatId) {
        return ChatView.of(repository.chat(PathId.chat(chatId)), endpoint);
    }

    @PATCH
    @Path("/{chatId}")
    @Consumes({JsonBodyReader.MERGE_PATCH, MediaType.APPLICATION_JSON})
    @Operation(
            operationId = "patchChat",
            summary = "Change a chat's settings",
            description = "A JSON merge patch (RFC 7396): what is absent stays, null removes.")
    public ChatView patch(
            @PathParam("chatId") String chatId,
            @RequestBody(required = true) @Nullable ChatPatchBody body) {
        UUID id = PathId.chat(chatId);
        return ChatView.of(
                repository.patch(id, JsonBodyReader.required(body).patch(limits)), endpoint);
    }

    @DELETE
    @Path("/{chatId}")
    @Operation(
            operationId = "deleteChat",
            summary = "Delete a chat and all that belongs to it",
            description =
                    "A running reply is cancelled first, also at the model; whoever waits for it is told.")
    @APIResponse(responseCode = "204", description = "The chat is gone")
    public void delete(@PathParam("chatId") String chatId) {
        turns.delete(PathId.chat(chatId));
    }

    @GET
    @Path("/{chatId}/summary")
    @Operation(
            operationId = "summarizeChat",
            summary = "Counts, usage and key highlights of a chat",
            description =
                    "Highlights come from the model and are kept until a new turn is answered; where the model"
                            + " fails they are extracted from the text.")
    public SummaryView summary(
            @PathParam("chatId") String chatId,
            @Parameter(
                            description =
                                    "The most highlights to return; with 0 the model is not asked.",
                            schema =
                                    @Schema(
                                            type = SchemaType.INTEGER,
                                            minimum = "0",
                                            maximum = "20",
                                            defaultValue = "5"))
                    @QueryParam("highlights")
                    @Nullable String asked) {
        int most = Query.number("highlights", asked, 0, HighlightFinder.MOST, 5);
        Tally tally = repository.tally(PathId.chat(chatId));
        return SummaryView.of(tally, highlights.find(tally.chat(), tally.answeredThrough(), most));
    }

    @GET
    @Path("/{chatId}/context")
    @Operation(
            operationId = "getContext",
            summary = "What the model would be sent next",
            description =
                    "The view of the chat's log that is the model's memory: its newest whole turns that fit.")
    public ContextView context(
            @PathParam("chatId") String chatId, @Context RoutingContext request) {
        ContextView context = ContextView.of(window.next(PathId.chat(chatId)));
        outgoing.admit(request, context.characters());
        return context;
    }
}
