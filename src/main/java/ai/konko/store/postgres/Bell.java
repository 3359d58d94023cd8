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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Tells the other replicas at once which chats have changed, by LISTEN and NOTIFY. It only saves
 * time: what it misses, they find by asking.
 *
 * <p>Notifications go out after the change and apart from it, many at once: a transaction that
 * notifies is committed under a lock of the whole database.
 */
final class Bell implements AutoCloseable {
    private static final String CHANNEL = "konko";

    /** A payload may have 8,000 bytes, and an id has 37 with its separator. */
    private static final int IDS = 200;

    private static final int WAIT_MILLIS = 500;

    private final UUID me;
    private final Database database;
    private final BooleanSupplier heard;
    private final Consumer<Set<UUID>> changed;
    private final Set<UUID> toTell = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Loop telling;
    private final Loop listening;

    /**
     * @param heard whether there is anybody to tell
     * @param changed takes the chats that others have changed
     */
    Bell(UUID me, Database database, BooleanSupplier heard, Consumer<Set<UUID>> changed) {
        this.me = me;
        this.database = database;
        this.heard = heard;
        this.changed = changed;
        this.telling = new Loop("notify", Duration.ofSeconds(1), this::tell);
        this.listening = new Loop("listen", Duration.ofSeconds(1), this::listen);
    }

    void ring(UUID chatId) {
        if (heard.getAsBoolean()) {
            toTell.add(chatId);
            telling.wake();
        }
    }

    private void tell() {
        while (!toTell.isEmpty()) {
            StringBuilder payload = new StringBuilder(me.toString());
            Iterator<UUID> some = toTell.iterator();
            for (int i = 0; i < IDS && some.hasNext(); i++) {
                payload.append(' ').append(some.next());
                some.remove();
            }
            boolean _ =
                    database.urgent(
                            session ->
                                    session.first(
                                                    "select pg_notify(?, ?)",
                                                    _ -> true,
                                                    CHANNEL,
                                                    payload.toString())
                                            .isPresent());
        }
    }

    private void listen() {
        try (Connection connection = database.connection()) {
            if (Sessions.isShared(connection)) {
                return; // here only asking helps
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("listen " + CHANNEL);
            }
            PGConnection postgres = connection.unwrap(PGConnection.class);
            while (!closed.get()) {
                PGNotification[] notifications = postgres.getNotifications(WAIT_MILLIS);
                if (notifications != null && notifications.length > 0) {
                    hear(notifications);
                }
            }
        } catch (SQLException gone) {
            throw database.refusalAfter(gone);
        }
    }

    private void hear(PGNotification[] notifications) {
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
        closed.set(true); // which the listener sees when it has waited
        telling.close();
        listening.close();
    }
}
