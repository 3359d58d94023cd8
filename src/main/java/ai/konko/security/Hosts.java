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
 * The host names of a service without credentials. Its only protection is that others can't reach
 * it. But a web page in its user's browser can, by a name of the page's own that is made to lead
 * here (DNS rebinding). So requests to all other names are refused.
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
     * @return whether a request's host and page are checked: if callers need no credentials, or in
     *     development, because the Dev UI never needs any
     */
    public boolean guarded() {
        return guarded;
    }

    /** Whether other machines reach the service without credentials. */
    public boolean openToOthers() {
        return openToOthers;
    }

    /**
     * @param host without port; an IPv6 address in brackets
     * @return whether it is a name of the service. If that is open to other machines and has no
     *     names set, any name is, because only its operator knows what others call it
     */
    public boolean has(String host) {
        return any || isKnown(host);
    }

    /** Whether it is a name of this machine, or one that is set. */
    public boolean isKnown(String host) {
        return names.contains(host) || names.contains(host.toLowerCase(Locale.ROOT));
    }
}
