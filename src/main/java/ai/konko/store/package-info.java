/** Chooses the store that keeps the log, and has its settings. */
@NullMarked
package ai.konko.store;

import org.jspecify.annotations.NullMarked;
