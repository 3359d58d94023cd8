/** The log in this process' memory, under StampedLocks: gone when the process ends. */
@NullMarked
package ai.konko.store.memory;

import org.jspecify.annotations.NullMarked;
