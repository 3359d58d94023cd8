package ai.konko.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Sends a {@link StreamedBody}. It writes to the connection itself, because the REST layer's
 * streams pass each item through its writers and wait for each to be sent.
 */
@Provider
class StreamedBodyWriter implements ServerMessageBodyWriter<StreamedBody> {
    private final StreamConfig config;
    private final HttpLimits limits;

    StreamedBodyWriter(StreamConfig config, HttpLimits limits) {
        this.limits = limits;
        this.config = config;
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type generic, ResteasyReactiveResourceInfo target, MediaType media) {
        return StreamedBody.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
        return StreamedBody.class.isAssignableFrom(type);
    }

    @Override
    public void writeResponse(StreamedBody body, Type generic, ServerRequestContext request) {
        RoutingContext routing =
                ((ResteasyReactiveRequestContext) request).unwrap(RoutingContext.class);
        Context context = Vertx.currentContext();
        if (context == null) {
            throw new IllegalStateException("a request has a context");
        }
        StreamConnection connection =
                new StreamConnection(context, routing, body, config.heartbeat(), limits.unread());
        context.runOnContext(_ -> start(connection, routing));
    }

    private static void start(StreamConnection connection, RoutingContext routing) {
        try {
            connection.start();
        } catch (RuntimeException | Error failed) {
            routing.request().connection().close(); // which ends the listener too
            throw failed;
        }
    }

    @Override
    public void writeTo(
            StreamedBody body,
            Class<?> type,
            Type generic,
            Annotation[] annotations,
            MediaType media,
            MultivaluedMap<String, Object> headers,
            OutputStream out) {
        throw new UnsupportedOperationException("a stream does not go through an interceptor");
    }
}
