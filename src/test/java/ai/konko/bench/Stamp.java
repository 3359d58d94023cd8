package ai.konko.bench;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.LongConsumer;

/** A delta's text: a blank, the microsecond of its writing by the machine's clock, and an @. */
final class Stamp {
    private Stamp() {}

    static String now() {
        return " " + micros() + "@";
    }

    /** Hands on how old each stamp in this text is, in microseconds. */
    static void ages(Buffer text, LongConsumer age) {
        long now = micros();
        long stamp = 0;
        for (byte each : text.getBytes()) {
            if (each >= '0' && each <= '9') {
                stamp = stamp * 10 + each - '0';
            } else {
                if (each == '@') {
                    age.accept(now - stamp);
                }
                stamp = 0;
            }
        }
    }

    private static long micros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }
}
