package ai.konko.openai;

import ai.konko.chat.FairBound;
import ai.konko.http.HttpLimits;
import ai.konko.http.WebSockets;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** WebSockets on which clients ask for responses, one after the other. */
@ApplicationScoped
class ResponseSockets {
    private static final String PATH = "/v1/responses";
    private static final String OTHERS = "POST";

    /** All that is remembered may have a character for each so many bytes of the heap. */
    private static final int SHARE_OF_THE_HEAP = 32;

    private final WebSockets sockets;
    private final ResponseCreation creation;
    private final long mostOfEach;
    private final FairBound memory =
            new FairBound(Runtime.getRuntime().maxMemory() / SHARE_OF_THE_HEAP);

    ResponseSockets(WebSockets sockets, ResponseCreation creation, HttpLimits limits) {
        this.sockets = sockets;
        this.creation = creation;
        this.mostOfEach = limits.bodySize().asLongValue() + limits.attachmentSize().asLongValue();
    }

    void register(@Observes Router router) {
        router.get(PATH).handler(this::open);
    }

    private void open(RoutingContext routing) {
        sockets.open(
                routing, OTHERS, () -> new ResponseSession(routing, creation, memory, mostOfEach));
    }
}
