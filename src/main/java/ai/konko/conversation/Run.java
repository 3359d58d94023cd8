package ai.konko.conversation;

import ai.konko.assistant.Ending;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Fault;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Written;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One run of a reply by this process: from before the model is asked until the reply's end is kept.
 *
 * <p>It is over once, by whoever finds it so first: the model's answer, a cancel, a fault on the
 * way, or {@link Watch}, which looks after calls that come to no end. An end that can't be kept at
 * the moment is tried again until it is; no thread waits in between. What a later try needs is made
 * with the run, because memory may be what is short. If even the next try can't be arranged, the
 * watch makes it.
 *
 * <p>{@code trying} is held by the one thread that tries, and guards what is neither final nor
 * volatile.
 */
final class Run {
    private static final Logger LOG = Logger.getLogger(Run.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    /** What has failed for so long, and not because the log is out of reach, fails for good. */
    private static final Duration HOPELESS = Duration.ofMinutes(1);

    private static final Ending WITHOUT_TEXT =
            _ ->
                    Outcome.brokenOff(
                            Written.NOTHING, Failure.of(ErrorCode.INTERNAL, "The service failed."));

    private final Message reply;
    private final Workers workers;
    private final End end;
    private final long hopeless;
    private final Runnable attempt = this::attempt;
    private final AtomicReference<@Nullable Supplier<Ending>> how = new AtomicReference<>();
    private final AtomicBoolean trying = new AtomicBoolean();
    private volatile boolean kept;
    private volatile boolean asked;
    private volatile long askedAt;

    /** From when on the watch tries, if nobody else has. */
    private volatile long overdue = System.nanoTime();

    private @Nullable Ending ending;
    private Duration pause = FIRST_PAUSE;
    private boolean failing;
    private boolean unexplained;
    private long unexplainedSince;
    private boolean textGivenUp;

    /** Where the end of a reply is kept. */
    interface End {

        /**
         * Keeps it. May be called again, also after it has come to its end, and then changes
         * nothing.
         *
         * @param ending how the reply ends; asked once, it may write to the service's log
         */
        void keep(Supplier<Ending> ending);

        /** It is kept. Called once. */
        void kept();
    }

    Run(Message reply, Workers workers, End end) {
        this(reply, workers, end, HOPELESS);
    }

    Run(Message reply, Workers workers, End end, Duration hopeless) {
        this.reply = reply;
        this.workers = workers;
        this.end = end;
        this.hopeless = hopeless.toNanos();
    }

    /** From now on the model's time runs. */
    void modelAsked() {
        askedAt = System.nanoTime();
        asked = true;
    }

    /** The reply is over. The first call counts; on an event loop it does not wait. */
    void over(Supplier<Ending> found) {
        if (how.compareAndSet(null, found)) {
            overdue = System.nanoTime() + LONGEST_PAUSE.toNanos();
            tryNow();
        }
    }

    /** The reply is over by a fault of our own. */
    void failed(Throwable fault) {
        over(
                () -> {
                    LOG.errorf(Fault.of(fault), "%s could not be run", described());
                    return WITHOUT_TEXT;
                });
    }

    private void tryNow() {
        try {
            workers.execute(attempt);
        } catch (RuntimeException | Error _) {
            // No thread is to be had. The watch tries again.
        }
    }

    /**
     * Makes the try that nobody else has made.
     *
     * @param longest how many nanoseconds the model may take
     * @return whether the model has taken longer; the caller has to end the reply then
     */
    boolean look(long now, long longest) {
        if (how.get() == null) {
            return asked && now - askedAt > longest;
        }
        if (!kept && !trying.get() && now - overdue > 0) {
            tryNow();
        }
        return false;
    }

    private void attempt() {
        if (!trying.compareAndSet(false, true)) {
            return;
        }
        try {
            if (!kept) {
                end.keep(this::ending);
                kept = true;
                how.set(() -> WITHOUT_TEXT); // what it had of the reply is not held on to
                ending = null;
                done();
            }
        } catch (RuntimeException | Error fault) {
            tryAgain(fault);
        } finally {
            trying.set(false);
        }
    }

    private Ending ending() {
        Supplier<Ending> found = how.get();
        if (ending == null && found != null) {
            ending = found.get();
        }
        return ending == null ? WITHOUT_TEXT : ending;
    }

    private void done() {
        if (failing) {
            LOG.infof("The end of %s is kept at last", described());
        }
        try {
            end.kept();
        } catch (RuntimeException | Error fault) {
            LOG.errorf(Fault.of(fault), "%s is over, but not all was done then", described());
        }
    }

    /** First what needs no memory, or little. */
    private void tryAgain(Throwable fault) {
        long now = System.nanoTime();
        overdue = now + pause.plus(LONGEST_PAUSE).toNanos();
        boolean outage =
                fault instanceof RefusedException refused
                        && refused.code() == ErrorCode.STORE_UNAVAILABLE;
        boolean first = !outage && !unexplained;
        unexplainedSince = first ? now : unexplainedSince;
        unexplained = !outage;
        failing = true;
        Duration rest = pause;
        pause =
                rest.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                        ? rest.multipliedBy(2)
                        : LONGEST_PAUSE;
        workers.later(rest, attempt);
        if (first) {
            LOG.warnf(Fault.of(fault), "The end of %s can't be kept yet", described());
        } else if (!outage && now - unexplainedSince > hopeless && !textGivenUp) {
            LOG.errorf("The text of %s can't be kept, so it ends without", described());
            ending = WITHOUT_TEXT;
            textGivenUp = true;
        }
    }

    private String described() {
        return "reply " + reply.id() + " of chat " + reply.chatId();
    }
}
