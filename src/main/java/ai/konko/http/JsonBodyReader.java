package ai.konko.http;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RefusedException.Violation;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.Comparator;
import java.util.List;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyReader;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies: first the whole body must be one JSON text, then each field must be known
 * and of its type, see {@link StrictJson}, then the body must be valid.
 *
 * <p>Bodies are validated here, so no resource can forget it. {@link JsonBytes} do it later.
 * Whoever binds a {@link JsonTree}, or looks into a {@link JsonText}, later validates what comes of
 * it.
 *
 * <p>It is a {@link ServerMessageBodyReader} because RESTEasy parses a parameter's annotations anew
 * for each request that it gives to a plain reader. That was two thirds of what a turn allocated.
 */
@Provider
@Consumes(MediaType.WILDCARD)
public class JsonBodyReader implements ServerMessageBodyReader<JsonBody> {
    public static final String MERGE_PATCH = "application/merge-patch+json";

    private final BodyLimit limits;
    private final ChatLimits chats;

    JsonBodyReader(BodyLimit limits, ChatLimits chats) {
        this.limits = limits;
        this.chats = chats;
    }

    @Override
    public boolean isReadable(
            Class<?> type, Type generic, ResteasyReactiveResourceInfo target, MediaType media) {
        return JsonBody.class.isAssignableFrom(type);
    }

    /**
     * @return null if there is no body at all
     */
    @Override
    public @Nullable JsonBody readFrom(
            Class<JsonBody> type, Type generic, MediaType media, ServerRequestContext request)
            throws IOException {
        ResteasyReactiveRequestContext context = (ResteasyReactiveRequestContext) request;
        RoutingContext routing = context.unwrap(RoutingContext.class);
        HttpServerRequest http = routing.request();
        requireNoEncoding(http.headers().getAll(HttpHeaders.CONTENT_ENCODING));
        // Without a type RESTEasy takes a body for anything, and any site's page may send one.
        boolean typed = http.headers().contains(HttpHeaders.CONTENT_TYPE);
        try {
            int most = limits.of(routing.normalizedPath());
            return read(type, typed ? media : null, context.getInputStream(), most);
        } finally {
            // The body is not kept while the turn runs, and no thread waits for its end.
            context.setInputStream(InputStream.nullInputStream());
            if (http.isEnded()) {
                http.handler(null).endHandler(null); // nor what it came in
            } else {
                http.handler(_ -> {}).endHandler(null).resume(); // the rest is thrown away
            }
        }
    }

    @Override
    public boolean isReadable(
            Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
        return JsonBody.class.isAssignableFrom(type);
    }

    @Override
    public @Nullable JsonBody readFrom(
            Class<JsonBody> type,
            Type generic,
            Annotation[] annotations,
            MediaType media,
            MultivaluedMap<String, String> headers,
            InputStream body)
            throws IOException {
        return read(type, media, body, limits.of(""));
    }

    /** {@code identity} means none, and may be given several times (RFC 9110, 12.5.3). */
    private static void requireNoEncoding(List<String> encodings) {
        for (String each : encodings) {
            for (String coding : each.split(",", -1)) {
                if (!coding.isBlank() && !coding.strip().equalsIgnoreCase("identity")) {
                    throw RefusedException.of(
                            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                            "The body must come without an encoding.");
                }
            }
        }
    }

    private @Nullable JsonBody read(
            Class<JsonBody> type, @Nullable MediaType media, InputStream body, int most)
            throws IOException {
        byte[] bytes = withinLimit(body, most);
        if (bytes.length > 0 && !isJson(media)) {
            throw RefusedException.of(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body must be JSON and say so.");
        }
        if (bytes.length == 0) {
            return null;
        }
        JsonBytes unread = new JsonBytes(bytes, chats);
        if (type == (Class<?>) JsonBytes.class) {
            return unread;
        }
        if (type == (Class<?>) JsonText.class) {
            return unread.outlined();
        }
        return type == (Class<?>) JsonTree.class ? JsonTree.of(bytes) : unread.as(type);
    }

    static <T extends JsonBody> T valid(T body, ChatLimits limits) {
        List<Violation> broken = body.broken(limits);
        if (broken.isEmpty()) {
            return body;
        }
        throw RefusedException.invalid(
                broken.stream()
                        .sorted(
                                Comparator.comparing(Violation::field)
                                        .thenComparing(Violation::message))
                        .toList());
    }

    private static boolean isJson(@Nullable MediaType type) {
        return type != null
                && !type.isWildcardType()
                && !type.isWildcardSubtype()
                && (type.isCompatible(MediaType.APPLICATION_JSON_TYPE)
                        || type.isCompatible(MediaType.valueOf(MERGE_PATCH)));
    }

    private static byte[] withinLimit(InputStream body, int most) {
        byte[] bytes;
        try {
            boolean all = body instanceof ByteArrayInputStream && body.available() <= most;
            bytes = all ? body.readAllBytes() : body.readNBytes(most + 1);
        } catch (IOException _) {
            throw RefusedException.of(ErrorCode.MALFORMED_JSON, "The body broke off.");
        }
        if (bytes.length > most) {
            throw BodyLimit.tooLarge(most);
        }
        return bytes;
    }

    /**
     * @return the body
     * @throws RefusedException {@link ErrorCode#MALFORMED_JSON} if there is none
     */
    public static <T extends JsonBody> T required(@Nullable T body) {
        if (body == null) {
            throw RefusedException.of(ErrorCode.MALFORMED_JSON, "The body is missing.");
        }
        return body;
    }
}
