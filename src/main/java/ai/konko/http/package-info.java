/** HTTP for both faces: the entrance, bodies, headers, problems, and streams to a connection. */
@NullMarked
package ai.konko.http;

import org.jspecify.annotations.NullMarked;
