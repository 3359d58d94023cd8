package ai.konko.api;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.smallrye.openapi.runtime.OpenApiDocumentService;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.build.compatible.spi.BuildCompatibleExtension;
import jakarta.enterprise.inject.build.compatible.spi.ClassConfig;
import jakarta.enterprise.inject.build.compatible.spi.Enhancement;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InterceptorBinding;
import jakarta.interceptor.InvocationContext;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Has the OpenAPI document read when somebody asks for it. The extension reads and writes it at
 * each start, which takes an eighth of the time until the service is ready, and has no setting for
 * it. So it stays in dev mode and in tests, where a library's class can't have an interceptor of
 * the application's.
 */
public class OpenApiOnDemand implements BuildCompatibleExtension {

    @InterceptorBinding
    @Retention(RetentionPolicy.RUNTIME)
    @interface OnDemand {}

    @Enhancement(types = OpenApiDocumentService.class)
    public void mark(ClassConfig service) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            service.addAnnotation(OnDemand.class);
        }
    }

    /** Keeps what prepares the documents until one is wanted. */
    @OnDemand
    @Interceptor
    @Priority(Interceptor.Priority.APPLICATION)
    static class Later {
        private final List<InvocationContext> preparations = new ArrayList<>();

        @AroundInvoke
        synchronized @Nullable Object invoke(InvocationContext call) throws Exception {
            if (call.getMethod().getName().equals("prepareDocument")) {
                preparations.add(call);
                return null;
            }
            for (InvocationContext each : preparations) {
                each.proceed();
            }
            preparations.clear();
            return call.proceed();
        }
    }
}
