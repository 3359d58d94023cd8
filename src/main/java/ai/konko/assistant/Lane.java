package ai.konko.assistant;

import io.vertx.core.impl.ContextInternal;

/** One event loop's part in the calls to the provider. */
record Lane(ContextInternal loop, Connections connections, TokenCoalescing coalescing) {}
