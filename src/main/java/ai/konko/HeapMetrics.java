package ai.konko;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.inject.Singleton;

/**
 * The heap, in the JVM and in the native binary alike. Micrometer's {@code
 * jvm_memory_usage_after_gc} works in JVMs only, and stays 0 elsewhere.
 *
 * <ul>
 *   <li>{@code konko.heap.used}: what is in use or was not collected yet; its lowest value of some
 *       minutes with a collection is close to what is in use
 *   <li>{@code konko.heap.max}: how far the heap may grow
 * </ul>
 */
@Singleton
class HeapMetrics implements MeterBinder {

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder(
                        "konko.heap.used",
                        Runtime.getRuntime(),
                        runtime -> runtime.totalMemory() - runtime.freeMemory())
                .description("Of the heap, what is in use or was not collected yet")
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
        Gauge.builder("konko.heap.max", Runtime.getRuntime(), Runtime::maxMemory)
                .description("How far the heap may grow")
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
    }
}
