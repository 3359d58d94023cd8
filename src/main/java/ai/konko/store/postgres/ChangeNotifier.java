package ai.konko.store.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Notifies the other replicas at once of chats that have changed, by LISTEN and NOTIFY. That only
 * saves time: if a notification is lost, they find the change when they poll.
 *
 * <p>Notifications go out after the changes, many at once, because a transaction that notifies is
 * committed under a lock of the whole database.
 */
final class ChangeNotifier implements AutoCloseable {
    private static final String CHANNEL = "konko";

    /** A payload may have 8,000 bytes, and an id has 37 with its separator. */
    private static final int IDS = 200;

    private static final int WAIT_MILLIS = 500;

    /** How often LISTEN is repeated, because nothing else tells of a server that is gone. */
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final UUID me;
    private final Database database;
    private final BooleanSupplier hasOthers;
    private final Consumer<Set<UUID>> changed;
    private final @Nullable DirectConnection direct;
    private final Set<UUID> pending = ConcurrentHashMap.newKeySet();
    private final BackgroundTask sending;
    private final BackgroundTask listening;
    private volatile boolean closed;

    /**
     * @param hasOthers whether there are other replicas
     * @param changed takes the chats that they have changed
     * @param direct what to listen on; null for a connection of the pool
     */
    ChangeNotifier(
            UUID me,
            Database database,
            BooleanSupplier hasOthers,
            Consumer<Set<UUID>> changed,
            @Nullable DirectConnection direct) {
        this.me = me;
        this.database = database;
        this.hasOthers = hasOthers;
        this.changed = changed;
        this.direct = direct;
        this.sending = new BackgroundTask("notify", Duration.ofSeconds(1), this::send);
        this.listening = new BackgroundTask("listen", Duration.ofSeconds(1), this::listen);
    }

    void notifyOthers(UUID chatId) {
        if (hasOthers.getAsBoolean()) {
            pending.add(chatId);
            sending.wake();
        }
    }

    private void send() {
        while (!pending.isEmpty()) {
            StringBuilder payload = new StringBuilder(me.toString());
            Iterator<UUID> some = pending.iterator();
            for (int i = 0; i < IDS && some.hasNext(); i++) {
                payload.append(' ').append(some.next());
                some.remove();
            }
            String sql = "select pg_notify(?, ?)";
            var _ =
                    database.urgent(
                            session -> session.list(sql, _ -> 1, CHANNEL, payload.toString()));
        }
    }

    private void listen() {
        if (direct == null) {
            try (Connection connection = database.connection()) {
                if (!Sessions.isShared(connection)) { // behind a pooler, polling has to do
                    listen(connection);
                }
            } catch (SQLException gone) {
                throw database.refusalAfter(gone);
            }
        } else {
            try (Connection connection = direct.open()) {
                listen(connection);
            } catch (SQLException gone) {
                throw Database.refusal(gone); // it says nothing of the pool
            }
        }
    }

    private void listen(Connection connection) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        while (!closed) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("listen " + CHANNEL);
            }
            long again = System.nanoTime() + AGAIN.toNanos();
            while (!closed && System.nanoTime() - again < 0) {
                PGNotification[] notifications = postgres.getNotifications(WAIT_MILLIS);
                if (notifications != null && notifications.length > 0) {
                    receive(notifications);
                }
            }
        }
    }

    private void receive(PGNotification[] notifications) {
        Set<UUID> chats = new HashSet<>();
        for (PGNotification each : notifications) {
            List<UUID> ids =
                    List.of(each.getParameter().split(" ")).stream().map(UUID::fromString).toList();
            if (!ids.getFirst().equals(me)) {
                chats.addAll(ids.subList(1, ids.size()));
            }
        }
        if (!chats.isEmpty()) {
            changed.accept(chats);
        }
    }

    @Override
    public void close() {
        closed = true; // the listener looks at it each time that it has waited
        sending.close();
        listening.close();
    }
}
