/** What a benchmark needs around the service: a model, a bare limit to compare with, a load. */
@NullMarked
package ai.konko.bench;

import org.jspecify.annotations.NullMarked;
