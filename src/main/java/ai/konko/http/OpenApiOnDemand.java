package ai.konko.http;

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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Has the OpenAPI document read when somebody asks for it. The extension reads and writes it at
 * each start, which is a fifth of what the main thread does until the service is ready, and has no
 * setting for it. So it stays in dev mode and in tests, where a library's class can't have an
 * interceptor of the application's.
 */
public class OpenApiOnDemand implements BuildCompatibleExtension {

    @InterceptorBinding
    @Retention(RetentionPolicy.RUNTIME)
    @interface OnDemand {}

    /** Called while the application is built. */
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
        private final Queue<InvocationContext> preparations = new ConcurrentLinkedQueue<>();

        @AroundInvoke
        @Nullable Object invoke(InvocationContext call) throws Exception {
            if (call.getMethod().getName().equals("prepareDocument")) {
                preparations.add(call);
                return null;
            }
            prepare();
            return call.proceed();
        }

        /** One at a time, and the others wait: without it there is no document. */
        private synchronized void prepare() throws Exception {
            for (InvocationContext next = preparations.peek();
                    next != null;
                    next = preparations.peek()) {
                next.proceed();
                preparations.remove();
            }
        }
    }
}
