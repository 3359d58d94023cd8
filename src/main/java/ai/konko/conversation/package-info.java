/**
 * One turn, from accepted to terminal: it belongs to the service, whatever becomes of the client
 * that posted it.
 */
@NullMarked
package ai.konko.conversation;

import org.jspecify.annotations.NullMarked;
