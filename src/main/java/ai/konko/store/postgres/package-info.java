/** The log in PostgreSQL: it survives this process, and any number of replicas share it. */
@NullMarked
package ai.konko.store.postgres;

import org.jspecify.annotations.NullMarked;
