package ai.konko.openai;

import ai.konko.assistant.ProviderResource;
import ai.konko.http.HttpEntrance;
import ai.konko.http.Refusals;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * There is nothing at the addresses of what is not passed on.
 *
 * <p>Made before the settings are checked, so it must not use a class that logs at the start.
 */
@ApplicationScoped
class SwitchedOff {
    private final Set<String> paths;
    private final Refusals refusals;

    SwitchedOff(PassThroughConfig config, Refusals refusals) {
        this.refusals = refusals;
        this.paths =
                Arrays.stream(ProviderResource.values())
                        .filter(each -> each != ProviderResource.CHAT_COMPLETIONS)
                        .filter(each -> !Passages.passed(config).contains(each.path()))
                        .map(each -> "/v1/" + each.path())
                        .collect(Collectors.toUnmodifiableSet());
    }

    void register(@Observes Filters filters) {
        if (!paths.isEmpty()) {
            filters.register(this::refuse, HttpEntrance.PRIORITY - 1);
        }
    }

    private void refuse(RoutingContext context) {
        if (paths.contains(context.normalizedPath())) {
            refusals.send(Passages.nothingHere(), context.request());
        } else {
            context.next();
        }
    }
}
