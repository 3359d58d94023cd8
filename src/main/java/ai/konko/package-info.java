/** The base of all rooms: the start, time and ids, checks of settings, and bounded caches. */
@NullMarked
package ai.konko;

import org.jspecify.annotations.NullMarked;
