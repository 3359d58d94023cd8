package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import ai.konko.security.Hosts;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages from using a service that needs no credentials, unless the page is the service's
 * own, of one of its {@link Hosts}, or of an {@linkplain CrossOrigin origin that is let in}.
 * Browsers say with {@code Origin} and {@code Sec-Fetch-Site} which page sends a request; programs
 * send neither.
 */
@Singleton
class SameSite {
    private static final Pattern PROBES = Pattern.compile("/q/(?:health(?:/.*)?|metrics)");
    private static final Pattern PORT = Pattern.compile(":[0-9]*$");

    private final Hosts hosts;
    private final CrossOrigin crossOrigin;

    SameSite(Hosts hosts, CrossOrigin crossOrigin) {
        this.hosts = hosts;
        this.crossOrigin = crossOrigin;
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
        if (!isAddressedHere(request, authority == null ? null : authority.host())
                && !(hosts.openToOthers() && isProbe(request))) {
            throw RefusedException.of(
                    ErrorCode.FORBIDDEN,
                    "Without credentials this service is localhost only; konko.hosts names more.");
        }
        String origin = request.getHeader("Origin");
        boolean elsewhere =
                origin == null
                        ? isFromAnotherSite(request) && !(isPublic && isLink(request))
                        : !isOurs(origin, authority)
                                && !isSameOrigin(request)
                                && !crossOrigin.allows(origin);
        if (elsewhere) {
            throw RefusedException.of(
                    ErrorCode.FORBIDDEN,
                    "Without credentials this service takes no requests of other sites' pages;"
                            + " konko.cors.origins lets some in.");
        }
    }

    /**
     * No browser speaks HTTP/1.0, so no page sends that. Proxies do, and some call the service by a
     * name of their own, but never by one with a dot that nobody has set.
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

    /** Kubernetes and Prometheus call each pod by its address, and get numbers. */
    private static boolean isProbe(HttpServerRequest request) {
        return request.method().equals(HttpMethod.GET) && PROBES.matcher(request.path()).matches();
    }

    /** The browser says so. A proxy in front may have another name for the service. */
    private static boolean isSameOrigin(HttpServerRequest request) {
        return "same-origin".equals(request.getHeader("Sec-Fetch-Site"));
    }

    /** {@link URI} does not take a name with an underscore for a host, but browsers do. */
    private static @Nullable String host(String origin) {
        try {
            String authority = URI.create(origin).getRawAuthority();
            return authority == null ? null : PORT.matcher(authority).replaceFirst("");
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

    /** Whether somebody follows a link. The page that it is on gets nothing of the answer. */
    private static boolean isLink(HttpServerRequest request) {
        return request.method().equals(HttpMethod.GET)
                && "navigate".equals(request.getHeader("Sec-Fetch-Mode"))
                && "document".equals(request.getHeader("Sec-Fetch-Dest"));
    }
}
