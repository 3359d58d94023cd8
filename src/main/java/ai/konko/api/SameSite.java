package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.security.Hosts;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What a web page may do to a service that asks nobody for credentials: nothing, unless it is the
 * service's own, or of one of its {@link Hosts}. Browsers tell by {@code Origin} and {@code
 * Sec-Fetch-Site} which page sends a request; programs send neither.
 */
@ApplicationScoped
class SameSite {
    private final Hosts hosts;

    SameSite(Hosts hosts) {
        this.hosts = hosts;
    }

    /**
     * @param isPublic whether it is for a page or a document, which links of other sites may lead
     *     to
     * @throws RefusedException {@link ErrorCode#FORBIDDEN}
     */
    void require(HttpServerRequest request, boolean isPublic) {
        if (!hosts.guarded()) {
            return;
        }
        HostAndPort authority = request.authority();
        if (!isAddressedHere(request, authority == null ? null : authority.host())) {
            throw RefusedException.of(
                    ErrorCode.FORBIDDEN,
                    "Without credentials this service is localhost only; konko.hosts names more.");
        }
        String origin = request.getHeader("Origin");
        if ((origin != null && !isOurs(origin, authority))
                || (isFromAnotherSite(request) && !(isPublic && isLink(request)))) {
            throw RefusedException.of(
                    ErrorCode.FORBIDDEN,
                    "Without credentials this service takes no requests of other sites' pages.");
        }
    }

    /**
     * No browser speaks HTTP/1.0, so no page is behind that. Proxies do, some of which call the
     * service by a name of their own: never by one with a dot that nobody has set.
     */
    private boolean isAddressedHere(HttpServerRequest request, @Nullable String host) {
        boolean proxy =
                request.version() == HttpVersion.HTTP_1_0
                        && (!request.headers().contains("Host")
                                || (host != null
                                        && host.indexOf('.') < 0
                                        && host.indexOf(':') < 0));
        return proxy || (host != null && hosts.has(host));
    }

    /** A page on this machine is as good as the service's own, whatever its port. */
    private boolean isOurs(String origin, @Nullable HostAndPort authority) {
        String host = host(origin);
        return host != null
                && (hosts.isKnown(host)
                        || (authority != null && host.equalsIgnoreCase(authority.host())));
    }

    private static @Nullable String host(String origin) {
        try {
            return URI.create(origin).getHost();
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    private static boolean isFromAnotherSite(HttpServerRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        return site != null
                && !site.equals("same-origin")
                && !site.equals("same-site")
                && !site.equals("none");
    }

    /** Somebody follows a link: the page that it is on gets to see nothing of the answer. */
    private static boolean isLink(HttpServerRequest request) {
        return request.method().equals(HttpMethod.GET)
                && "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
                && "document".equals(request.getHeader("Sec-Fetch-Dest"));
    }
}
