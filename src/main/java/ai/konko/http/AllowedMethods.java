package ai.konko.http;

import jakarta.ws.rs.HttpMethod;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.handlers.ClassRoutingHandler;
import org.jboss.resteasy.reactive.server.handlers.RestInitialHandler.InitialMatch;
import org.jboss.resteasy.reactive.server.mapping.RequestMapper;
import org.jboss.resteasy.reactive.server.spi.ServerRestHandler;

/**
 * The methods that an address takes, which a refusal of another one has to name (RFC 9110, 15.5.6).
 * RESTEasy knows them, but gives its refusals without.
 */
final class AllowedMethods {

    private AllowedMethods() {}

    /**
     * @return none where there is nothing at the request's address; some also where RESTEasy has
     *     found nothing, for it looks no further than the class that it tried last
     */
    static Set<String> at(ResteasyReactiveRequestContext request) {
        Set<String> allowed = new TreeSet<>();
        String path = request.getPathWithoutPrefix();
        RequestMapper<InitialMatch> classes =
                new RequestMapper<>(request.getDeployment().getClassMappers());
        for (RequestMapper.RequestMatch<InitialMatch> match = classes.map(path);
                match != null;
                match = classes.continueMatching(path, match)) {
            String rest = match.remaining.isEmpty() ? "/" : match.remaining;
            for (ServerRestHandler handler : match.value.handlers) {
                if (handler instanceof ClassRoutingHandler methods) {
                    methods.getMappers()
                            .forEach(
                                    (method, paths) -> {
                                        if (method != null && paths.map(rest) != null) {
                                            allowed.add(method);
                                        }
                                    });
                }
            }
        }
        if (allowed.contains(HttpMethod.GET)) {
            allowed.add(HttpMethod.HEAD);
        }
        if (!allowed.isEmpty()) {
            allowed.add(HttpMethod.OPTIONS);
        }
        return allowed;
    }
}
