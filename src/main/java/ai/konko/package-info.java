/** What all rooms stand on: time and ids. */
@NullMarked
package ai.konko;

import org.jspecify.annotations.NullMarked;
