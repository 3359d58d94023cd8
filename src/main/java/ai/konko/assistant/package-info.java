/**
 * The model: what of the log it sees, how it is asked, and what its failures mean. Only this room
 * knows LangChain4j.
 */
@NullMarked
package ai.konko.assistant;

import org.jspecify.annotations.NullMarked;
