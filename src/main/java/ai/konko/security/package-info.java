/** Who is calling, whose a chat is, and the guard against a port that is open to everybody. */
@NullMarked
package ai.konko.security;

import org.jspecify.annotations.NullMarked;
