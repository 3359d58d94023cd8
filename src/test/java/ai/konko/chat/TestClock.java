package ai.konko.chat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.Supplier;

/** A clock that does not run by itself, but is set. */
public final class TestClock extends Clock {
    private volatile Supplier<Instant> now;

    public TestClock(Instant now) {
        this(() -> now);
    }

    /**
     * @param now what it says each time
     */
    public TestClock(Supplier<Instant> now) {
        this.now = now;
    }

    public void set(Instant time) {
        now = () -> time;
    }

    @Override
    public Instant instant() {
        return now.get();
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("it is always UTC");
    }
}
