package ai.konko.store.postgres;

import ai.konko.chat.SearchConfig.Switch;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Fills the table that the search looks in, beside the turns: in batches, by one replica at a time,
 * which after each batch rests three times as long as that took: so turns have the database's
 * processors, and it has a quarter of one at most. If search is off, it removes all that search has
 * in the database instead.
 */
final class SearchFiller implements AutoCloseable {
    private static final Duration ROUND = Duration.ofSeconds(1);

    /** How often it rests as long as it worked. */
    private static final int RESTS = 3;

    private final Database database;
    private final UUID replica = UUID.randomUUID();
    private final Switch search;
    private boolean switched;
    private volatile @Nullable BackgroundTask filling;

    SearchFiller(Database database, Switch search) {
        this.database = database;
        this.search = search;
    }

    /** Once the schema is there. */
    void start() {
        filling = new BackgroundTask("search", ROUND, this::round);
    }

    private void round() throws InterruptedException {
        long begun = System.nanoTime();
        boolean more = fill();
        if (search == Switch.OFF) {
            throw new InterruptedException("nothing to fill"); // ends the task
        }
        if (more) {
            Thread.sleep(Duration.ofNanos(RESTS * (System.nanoTime() - begun)));
            BackgroundTask current = filling;
            if (current != null) {
                current.wake();
            }
        }
    }

    /**
     * Takes one batch in.
     *
     * @return whether there may be more
     */
    boolean fill() {
        if (!switched) {
            boolean _ = database.transaction(this::switchSearch);
            switched = true;
        }
        return search == Switch.ON && database.transaction(this::batch);
    }

    private boolean switchSearch(Session session) throws SQLException {
        if (search == Switch.ON) {
            SearchSwitch.on(session);
        } else {
            SearchSwitch.off(session);
        }
        return true;
    }

    private boolean batch(Session session) throws SQLException {
        if (!SearchRows.isFiller(session, replica)) {
            return false;
        }
        return session.slowly( // for a single very long text
                slow ->
                        SearchRows.takeIn(slow)
                                || SearchRows.goOn(slow)
                                || SearchOwners.goOn(slow));
    }

    @Override
    public void close() {
        BackgroundTask current = filling;
        if (current != null) {
            current.close();
        }
    }
}
