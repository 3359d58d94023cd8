package ai.konko.security;

import ai.konko.security.SecurityConfig.Mode;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Refuses to open the service to other machines without credentials, unless a setting says so in as
 * many words. Redis' protected mode does the same.
 */
@ApplicationScoped
class Guard {
    private final Callers callers;
    private final SecurityConfig config;
    private final String host;

    Guard(
            Callers callers,
            SecurityConfig config,
            @ConfigProperty(name = "quarkus.http.host") String host) {
        this.callers = callers;
        this.config = config;
        this.host = host;
    }

    /** Runs before the port is opened. */
    void check(@Observes @Priority(1) StartupEvent event) {
        boolean open = config.security() == Mode.OPEN;
        if (open && callers.areAsked()) {
            throw new ConfigurationException(
                    "KONKO_SECURITY=open contradicts the API keys or tokens that are also set.");
        }
        if (!open && !callers.areAsked() && !isThisMachine(host)) {
            throw new ConfigurationException(
                    "Without credentials the service does not listen on "
                            + host
                            + ": set KONKO_API_KEYS=name:key or QUARKUS_OIDC_AUTH_SERVER_URL, or"
                            + " KONKO_SECURITY=open if everybody may use it.");
        }
    }

    static boolean isThisMachine(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }
}
