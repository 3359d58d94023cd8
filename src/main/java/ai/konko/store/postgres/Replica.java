package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository.Observer;
import ai.konko.chat.Message;
import ai.konko.chat.Pair;
import ai.konko.chat.Writer;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * This process among those that serve the log. It holds a lease and renews it; as long as the lease
 * lasts, no other replica runs its replies. Every second, and when it is notified of a change, it
 * compares the replies that it runs with those that it runs according to the log, and looks for
 * replies that nobody runs.
 */
final class Replica {
    private static final Duration ROUND = Duration.ofSeconds(1);
    private static final Duration REMOVAL = Duration.ofSeconds(10);

    /** How many abandoned replies one round tells of. */
    private static final int ABANDONED = 1000;

    private final UUID id;
    private final Database database;
    private final RunningReplies running;
    private final Duration lease;
    private final HeldLease held;
    private final boolean alone;
    private final Duration flushInterval;
    private final ReplicaAddress address;

    /** Null at first; until there is one, this process runs nothing. */
    private volatile @Nullable Observer observer;

    private volatile boolean serves;
    private volatile boolean handedOver;
    private volatile Others others = new Others(0, 0);
    private volatile @Nullable ChangeNotifier notifier;
    private volatile @Nullable BackgroundTask comparing;
    private volatile @Nullable BackgroundTask flushing;
    private volatile @Nullable BackgroundTask removing;

    /**
     * The other replicas that have a lease.
     *
     * @param addressed how many of them can be asked
     */
    private record Others(int all, int addressed) {}

    /**
     * @param lease how long a replica that gives no sign of life keeps its replies
     * @param alone whether no other process can use this database
     * @param address where the others reach this one
     */
    Replica(
            UUID id,
            Database database,
            RunningReplies running,
            Duration lease,
            boolean alone,
            Duration flushInterval,
            ReplicaAddress address) {
        this.id = id;
        this.database = database;
        this.running = running;
        this.lease = lease;
        this.held = new HeldLease(lease);
        this.alone = alone;
        this.flushInterval = flushInterval;
        this.address = address;
    }

    UUID id() {
        return id;
    }

    /**
     * Whether it may start replies: its lease lasts. After its end others may run what this replica
     * starts, until the next renewal.
     */
    boolean serves() {
        return serves && (alone || held.holds(System.nanoTime()));
    }

    void observe(Observer newObserver) {
        observer = newObserver;
    }

    /**
     * Begins to serve, once the schema is there.
     *
     * @param direct see {@link ChangeNotifier}
     */
    void join(@Nullable DirectConnection direct) {
        if (alone) {
            int _ = database.urgent(session -> session.update("delete from replica"));
        }
        renew();
        notifier =
                new ChangeNotifier(
                        id, database, () -> others.all() > 0, this::changedByOthers, direct);
        flushing = new BackgroundTask("flush", flushInterval, this::flush);
        comparing = new BackgroundTask("lease", ROUND, this::round);
        removing =
                new BackgroundTask("removal", REMOVAL, () -> DeletedMessages.removeAll(database));
    }

    /**
     * Tests call it instead of {@link #join}, to play several replicas without background tasks.
     */
    void renew() {
        long asked = System.nanoTime();
        try {
            others = database.urgent(this::renew);
        } catch (RuntimeException | Error failed) {
            held.failed();
            throw failed;
        }
        held.renewed(asked, System.nanoTime());
        serves = !handedOver;
    }

    private Others renew(Session session) throws SQLException {
        return session.first(
                        """
                        insert into replica (id, lease_until, address, secret)
                        values (?, now() + ? * interval '1 ms', ?, ?)
                        on conflict (id) do update set lease_until = excluded.lease_until
                        returning (select count(*) from replica r
                                where r.id <> ? and r.lease_until > now())::int,
                            (select count(r.address) from replica r
                                where r.id <> ? and r.lease_until > now())::int
                        """,
                        row -> new Others(row.getInt(1), row.getInt(2)),
                        id,
                        lease.toMillis(),
                        address.url(),
                        address.secret(),
                        id,
                        id)
                .orElse(new Others(0, 0));
    }

    /** Whether the others have had the time to renew their leases. */
    private boolean settled() {
        return alone || held.settled(System.nanoTime());
    }

    /** Whether nobody runs this reply any more; it was started. */
    boolean mayTakeOver(Session session, Pending pending) throws SQLException {
        UUID owner = pending.owner();
        if (owner != null && owner.equals(id)) { // if the answer to its start was lost
            return !running.has(pending.chatId(), pending.replyId(), pending.attempt());
        }
        if (owner == null || alone) {
            return true;
        }
        return settled()
                && session.first(
                                "select 1 from replica where id = ? and lease_until > now()",
                                _ -> true,
                                owner)
                        .isEmpty();
    }

    /** Which other replica runs this reply, if it says where it can be asked. */
    Optional<Writer> writer(Message reply) {
        return others.addressed() == 0
                ? Optional.empty()
                : database.statement(session -> address.writer(session, reply));
    }

    Optional<Pair> pairWith(UUID other) {
        return address.pairWith(other);
    }

    /** Notifies the others, because this process has changed the chat. */
    void changed(UUID chatId) {
        ChangeNotifier current = notifier;
        if (current != null) {
            current.notifyOthers(chatId);
        }
    }

    private void changedByOthers(Set<UUID> chats) {
        Observer told = observer;
        if (told != null) {
            told.changed(chats::contains);
        }
        BackgroundTask current = comparing;
        if (current != null && chats.stream().anyMatch(chat -> running.find(chat) != null)) {
            current.wake();
        }
    }

    void flush() {
        running.flush(database, this::changed);
    }

    void round() {
        renew();
        Observer current = observer;
        if (current != null) {
            compare(current);
            database.urgent(session -> PendingRows.abandoned(session, id, settled(), ABANDONED))
                    .forEach(current::startable);
            current.changed(_ -> true);
        }
    }

    private void compare(Observer current) {
        List<ReplyRun> gone = new ArrayList<>(running.confirmed()); // read before the log
        for (Pending each : database.urgent(session -> PendingRows.ownedBy(session, id))) {
            gone.removeIf(each::isOf);
            if (!running.has(each.chatId(), each.replyId(), each.attempt())) {
                current.startable(each.chatId());
            } else if (each.cancel()) {
                current.toStop(each.chatId(), each.replyId(), each.attempt());
            }
        }
        for (ReplyRun run : gone) { // over, deleted, or taken over
            current.toStop(run.chatId, run.reply.id(), run.attempt);
        }
    }

    /** Stops serving. From now on others may run again what this replica ran. */
    void handOver() {
        if (handedOver) {
            return;
        }
        handedOver = true;
        serves = false;
        stopTasks();
        flush();
        running.clear();
        int _ = database.urgent(session -> PendingRows.disown(session, id));
        int _ = database.urgent(session -> session.update("delete from replica where id = ?", id));
    }

    private void stopTasks() {
        if (comparing != null) {
            comparing.close();
        }
        if (flushing != null) {
            flushing.close();
        }
        if (removing != null) {
            removing.close();
        }
        if (notifier != null) {
            notifier.close();
        }
    }
}
