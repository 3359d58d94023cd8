package ai.konko.assistant;

import io.vertx.core.impl.ContextInternal;

/** One event loop's part in the calls to the provider; all of it is used on that loop. */
record Lane(ContextInternal loop, Connections connections, TokenCoalescing coalescing) {}
