package ai.konko.assistant;

import java.time.Duration;

/**
 * How long a model call may take.
 *
 * @param firstToken from the call to the first token
 * @param idle from one token to the next
 * @param total from the call to the end
 */
record Timeouts(Duration firstToken, Duration idle, Duration total) {

    /** A call that gives its answer as a whole has one bound. */
    static Timeouts whole(Duration total) {
        return new Timeouts(total, total, total);
    }

    /** The configured timeouts of a call. */
    static Timeouts of(ModelConfig.Model config, boolean streamed) {
        return streamed
                ? new Timeouts(
                        config.firstTokenTimeout(), config.idleTimeout(), config.totalTimeout())
                : whole(config.totalTimeout());
    }
}
