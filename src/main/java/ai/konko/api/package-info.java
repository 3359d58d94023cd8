/**
 * The native HTTP API: resources, what goes over the wire, and problem documents. No rule of a chat
 * lives here.
 */
@NullMarked
package ai.konko.api;

import org.jspecify.annotations.NullMarked;
