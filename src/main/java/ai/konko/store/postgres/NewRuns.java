package ai.konko.store.postgres;

import ai.konko.chat.Turn;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The runs that one transaction starts. */
final class NewRuns {
    private final RunningReplies running;
    private final List<ReplyRun> begun = new ArrayList<>();

    /** Work that starts runs. */
    @FunctionalInterface
    interface Work<T> {
        T in(Session session, NewRuns runs) throws SQLException;
    }

    /** Has a transaction run. */
    @FunctionalInterface
    interface Transaction<T> {
        T of(Database.Work<T> work);
    }

    private NewRuns(RunningReplies running) {
        this.running = running;
    }

    /** Runs work in a transaction; once that is committed, its runs are this process' to run. */
    static <T> T in(RunningReplies running, Transaction<T> transaction, Work<T> work) {
        NewRuns runs = new NewRuns(running);
        try {
            T result =
                    transaction.of(
                            session -> {
                                runs.discard(); // those of an attempt that failed
                                return work.in(session, runs);
                            });
            runs.begun.forEach(running::started);
            return result;
        } catch (RuntimeException | Error failed) {
            runs.discard();
            throw failed;
        }
    }

    private void discard() {
        begun.forEach(running::remove);
        begun.clear();
    }

    /** A run of the reply of this turn, which is in progress. */
    ReplyRun begin(Turn turn, int number) {
        ReplyRun run = new ReplyRun(turn.reply(), number);
        begun.add(run);
        running.start(run);
        return run;
    }
}
