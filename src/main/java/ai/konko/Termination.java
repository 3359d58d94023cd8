package ai.konko;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.jboss.logging.Logger;

/** Exits with 0 on SIGTERM, because that is a request to stop and no failure. */
@ApplicationScoped
class Termination {
    private static final Logger LOG = Logger.getLogger(Termination.class);

    void await(@Observes StartupEvent event) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            onTerm(
                    (_, method, _) -> {
                        if (method.getName().equals("handle")) {
                            Quarkus.asyncExit(0);
                        }
                        return null;
                    });
        }
    }

    /**
     * By reflection, because each use of {@code sun.misc.Signal} is a compiler's warning that can't
     * be turned off. A JDK without it exits with 143.
     */
    private static void onTerm(InvocationHandler handler) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> signalHandler = Class.forName("sun.misc.SignalHandler");
            signal.getMethod("handle", signal, signalHandler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance("TERM"),
                            Proxy.newProxyInstance(
                                    Termination.class.getClassLoader(),
                                    new Class<?>[] {signalHandler},
                                    handler));
        } catch (ReflectiveOperationException missing) {
            LOG.debug("SIGTERM is left to the JDK", missing);
        }
    }
}
