package ai.konko.security;

import ai.konko.security.SecurityConfig.Mode;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The names by which a service that asks nobody for credentials is called. Its only protection is
 * that others can't reach it, and a web page that its user opens can: under a name of the page's
 * own, which is made to lead here (DNS rebinding). So all other names are refused.
 */
@Singleton
public class Hosts {
    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    private static final Pattern NAME =
            Pattern.compile("[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\\[[0-9a-f:.]+]");

    private final boolean guarded;
    private final boolean any;
    private final boolean openToOthers;
    private final Set<String> names;

    Hosts(
            Callers callers,
            SecurityConfig config,
            LaunchMode mode,
            @ConfigProperty(name = "quarkus.http.host") String address) {
        Set<String> more =
                config.hosts().orElse(Set.of()).stream()
                        .map(name -> name.strip().toLowerCase(Locale.ROOT))
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.toUnmodifiableSet());
        if (!more.stream().allMatch(name -> NAME.matcher(name).matches())) {
            throw new ConfigurationException(
                    "KONKO_HOSTS must be names or addresses of hosts, without port, with commas"
                            + " between them.");
        }
        this.guarded = !callers.areAsked() || mode == LaunchMode.DEVELOPMENT;
        this.openToOthers = config.security() == Mode.OPEN && !Guard.isThisMachine(address);
        this.any = more.isEmpty() && openToOthers;
        this.names =
                Stream.concat(THIS_MACHINE.stream(), more.stream())
                        .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * @return whether it matters who a request is addressed to, and which page sends it: nobody is
     *     asked for credentials, or it is development, where the Dev UI asks nobody
     */
    public boolean guarded() {
        return guarded;
    }

    /** Whether other machines reach the service, which asks nobody. */
    public boolean openToOthers() {
        return openToOthers;
    }

    /**
     * @param host without port; an IPv6 address in brackets
     * @return whether the service is called so. Any name is as good where it is open to other
     *     machines and none is set: only who runs it knows what others call it
     */
    public boolean has(String host) {
        return any || isKnown(host);
    }

    /**
     * @return whether it is a name of this machine, or one that is set
     */
    public boolean isKnown(String host) {
        return names.contains(host) || names.contains(host.toLowerCase(Locale.ROOT));
    }
}
