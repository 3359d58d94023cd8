package ai.konko.http;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.vertx.core.http.HttpServerRequest;
import java.lang.reflect.Method;
import org.jboss.logging.Logger;

/**
 * A request that has become a WebSocket. Quarkus counts requests that are under way, and waits for
 * them when it stops. It does not see the end of this one, so it has to be told; see {@code
 * src/docs/adr/0017-two-reaches-behind-the-scenes.md}.
 */
@RegisterForReflection(targets = QuarkusRequestWrapper.class)
final class UpgradedRequest {
    private static final Logger LOG = Logger.getLogger(UpgradedRequest.class);

    private UpgradedRequest() {}

    /** The WebSocket is closed. */
    static void isOver(HttpServerRequest request) {
        try {
            Method done = QuarkusRequestWrapper.class.getDeclaredMethod("done");
            done.setAccessible(true);
            Object _ = done.invoke(QuarkusRequestWrapper.get(request));
        } catch (ReflectiveOperationException | RuntimeException changed) {
            LOG.debug("Quarkus will wait for a WebSocket that is closed", changed);
        }
    }
}
