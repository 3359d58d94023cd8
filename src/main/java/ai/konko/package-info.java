/** What all rooms stand on: time, ids, and what is remembered for a while. */
@NullMarked
package ai.konko;

import org.jspecify.annotations.NullMarked;
