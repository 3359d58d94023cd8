/** The native face: resources, and what goes over the wire. No rule of a chat lives here. */
@NullMarked
package ai.konko.api;

import org.jspecify.annotations.NullMarked;
