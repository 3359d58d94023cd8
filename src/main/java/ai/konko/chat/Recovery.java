package ai.konko.chat;

/**
 * The rule of a reply whose process has died while it ran: it is run again, or given up so that a
 * reply that kills its process does not do so for ever.
 */
public final class Recovery {
    /** After that many runs that ended with their process, a reply is given up. */
    static final int MOST_RUNS = 3;

    private static final Failure GIVEN_UP =
            Failure.of(
                    ErrorCode.INTERRUPTED,
                    "The service was stopped "
                            + MOST_RUNS
                            + " times while it worked on this reply. Retry the reply, or post the"
                            + " message anew.");

    private Recovery() {}

    /**
     * @param runs how often it was started in this attempt
     * @param cancelled whether somebody wants it cancelled
     * @return whether it is run again
     */
    public static boolean runsAgain(int runs, boolean cancelled) {
        return !cancelled && runs < MOST_RUNS;
    }

    /**
     * @param what the log has of it
     * @return how a reply ends that is not run again
     */
    public static Outcome end(Written what, boolean cancelled) {
        return cancelled ? Outcome.cancelled(what) : Outcome.brokenOff(what, GIVEN_UP);
    }
}
