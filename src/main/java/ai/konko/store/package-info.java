/** Where the log is kept: which store is used, and what it needs. */
@NullMarked
package ai.konko.store;

import org.jspecify.annotations.NullMarked;
