package ai.konko.http;

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
    private final EventStreams streams;

    StreamedBodyWriter(StreamConfig config, EventStreams streams) {
        this.config = config;
        this.streams = streams;
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
        streams.send(routing, body, config.heartbeat());
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
