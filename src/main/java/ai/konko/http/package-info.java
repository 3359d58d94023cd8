/**
 * What both faces need of HTTP: the way in, bodies, headers, problems, and streams to a connection.
 */
@NullMarked
package ai.konko.http;

import org.jspecify.annotations.NullMarked;
