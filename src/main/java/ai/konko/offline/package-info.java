/**
 * The demonstration model for a machine without a key: an OpenAI-compatible endpoint of this
 * process that replies with what was said.
 */
@NullMarked
package ai.konko.offline;

import org.jspecify.annotations.NullMarked;
