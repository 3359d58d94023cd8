/** Running replies on their way from the replica that writes them to the others. */
@NullMarked
package ai.konko.relay;

import org.jspecify.annotations.NullMarked;
