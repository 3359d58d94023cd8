package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository.Observer;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * This process among those that serve the log. It holds a lease, which it renews, and while that
 * lasts the replies it runs are its own. Every second, and when it is told of a change, it compares
 * what it runs with what the log says it runs, and looks for replies that nobody runs.
 */
final class Replica implements AutoCloseable {
    private static final Duration ROUND = Duration.ofSeconds(1);

    /**
     * After how long a reply at the head of its line that nobody has started is taken up. One that
     * is in line since a time to come is from before the clock went back.
     */
    private static final String FORGOTTEN = "interval '2 s'";

    /** How many abandoned replies are taken up in one round. */
    private static final int ABANDONED = 200;

    private static final Observer NOBODY =
            new Observer() {
                @Override
                public void changed(java.util.function.Predicate<UUID> chats) {
                    // There is nobody to tell yet.
                }

                @Override
                public void startable(UUID chatId) {
                    // The next round finds it again.
                }

                @Override
                public void toStop(UUID chatId, UUID replyId, int attempt) {
                    // Nothing can run before there is an observer.
                }
            };

    private final UUID id;
    private final Database database;
    private final Drafts drafts;
    private final Duration lease;
    private final boolean alone;
    private final Duration flushInterval;

    private volatile Observer observer = NOBODY;
    private volatile boolean serves;
    private volatile boolean left;
    private volatile int others;
    private volatile long renewed;
    private volatile long heldSince;
    private volatile @Nullable Bell bell;
    private volatile @Nullable Loop rounds;
    private volatile @Nullable Loop flushes;

    /**
     * @param lease how long a replica that gives no sign of life keeps its replies
     * @param alone whether no other process can use this database
     */
    Replica(
            UUID id,
            Database database,
            Drafts drafts,
            Duration lease,
            boolean alone,
            Duration flushInterval) {
        this.id = id;
        this.database = database;
        this.drafts = drafts;
        this.lease = lease;
        this.alone = alone;
        this.flushInterval = flushInterval;
    }

    UUID id() {
        return id;
    }

    boolean serves() {
        return serves;
    }

    void observe(Observer hearing) {
        observer = hearing;
    }

    /** Begins to serve, once the schema is there. */
    void join() {
        if (alone) {
            int _ = database.urgent(session -> session.update("delete from replica"));
        }
        renew();
        bell = new Bell(id, database, () -> others > 0, this::heard);
        flushes = new Loop("flush", flushInterval, this::flush);
        rounds = new Loop("lease", ROUND, this::round);
    }

    /** Takes a lease without serving, for tests that play several replicas by hand. */
    void renew() {
        long asked = System.nanoTime();
        boolean lapsed = asked - renewed > lease.toNanos();
        others =
                database.urgent(
                        session ->
                                session.first(
                                                """
                                                insert into replica (id, lease_until)
                                                values (?, now() + ? * interval '1 ms')
                                                on conflict (id) do update set lease_until = excluded.lease_until
                                                returning (select count(*) from replica r
                                                    where r.id <> ? and r.lease_until > now())::int
                                                """,
                                                row -> row.getInt(1),
                                                id,
                                                lease.toMillis(),
                                                id)
                                        .orElse(0));
        if (lapsed || renewed == 0) {
            heldSince = asked;
        }
        renewed = asked;
        serves = !left;
    }

    /**
     * Whether this replica's lease has held for as long as a lease lasts. After an outage of the
     * database all leases have run out, and the others must have time to renew theirs.
     */
    private boolean settled() {
        long now = System.nanoTime();
        return alone || (now - heldSince >= lease.toNanos() && now - renewed < lease.toNanos());
    }

    /** Whether nobody runs this reply, which was started, any more. */
    boolean mayTakeOver(Session session, Pending pending) throws SQLException {
        UUID owner = pending.owner();
        if (owner == null) {
            return true;
        }
        if (owner.equals(id)) { // by a start whose answer was lost
            return drafts.find(pending.chatId(), pending.replyId(), pending.attempt()) == null;
        }
        if (alone) {
            return true;
        }
        return settled()
                && session.first(
                                "select 1 from replica where id = ? and lease_until > now()",
                                _ -> true,
                                owner)
                        .isEmpty();
    }

    /** This process has changed the chat: the others are told. */
    void changed(UUID chatId) {
        Bell ringing = bell;
        if (ringing != null) {
            ringing.ring(chatId);
        }
    }

    private void heard(Set<UUID> chats) {
        observer.changed(chats::contains);
        Loop checking = rounds;
        if (checking != null && chats.stream().anyMatch(chat -> drafts.find(chat) != null)) {
            checking.wake();
        }
    }

    void flush() {
        drafts.flush(database, this::changed);
    }

    /** Renews the lease and compares. */
    void round() {
        renew();
        compare();
        for (UUID chat : abandoned()) {
            observer.startable(chat);
        }
        observer.changed(_ -> true);
    }

    private void compare() {
        List<Draft> known = drafts.all().stream().filter(draft -> draft.confirmed).toList();
        List<Mine> mine =
                database.urgent(
                        session ->
                                session.list(
                                        """
                                        select chat_id, reply_id, attempt, run, cancel
                                        from pending where owner = ?
                                        """,
                                        Mine::of,
                                        id));
        List<Draft> gone = new ArrayList<>(known);
        for (Mine each : mine) {
            gone.removeIf(draft -> each.is(draft));
            if (drafts.find(each.chatId(), each.replyId(), each.attempt()) == null) {
                observer.startable(each.chatId());
            } else if (each.cancel()) {
                observer.toStop(each.chatId(), each.replyId(), each.attempt());
            }
        }
        for (Draft draft : gone) { // over, deleted, or taken over
            observer.toStop(draft.chatId, draft.replyId, draft.attempt);
        }
    }

    /** What the log says this replica runs. */
    private record Mine(UUID chatId, UUID replyId, int attempt, int run, boolean cancel) {
        static Mine of(ResultSet row) throws SQLException {
            return new Mine(
                    row.getObject(1, UUID.class),
                    row.getObject(2, UUID.class),
                    row.getInt(3),
                    row.getInt(4),
                    row.getBoolean(5));
        }

        boolean is(Draft draft) {
            return draft.is(replyId, attempt) && draft.run == run;
        }
    }

    /** Chats whose first unfinished reply nobody runs. */
    private List<UUID> abandoned() {
        return database.urgent(
                session ->
                        session.list(
                                """
                                select p.chat_id from pending p
                                where not exists (select 1 from pending h
                                        where h.chat_id = p.chat_id and h.seq < p.seq)
                                    and (p.run > 0 or p.since not between now() - %1$s and now() + %1$s)
                                    and p.owner is distinct from ?
                                    and not exists (select 1 from replica r
                                        where r.id = p.owner and r.lease_until > now())
                                    and (p.owner is null or ?)
                                limit ?
                                """
                                        .formatted(FORGOTTEN),
                                row -> row.getObject(1, UUID.class),
                                id,
                                settled(),
                                ABANDONED));
    }

    /** Stops serving: what this replica runs is for others to run again, with a new run. */
    void leave() {
        if (left) {
            return;
        }
        left = true;
        serves = false;
        close();
        flush();
        drafts.forget();
        int _ =
                database.urgent(
                        session ->
                                session.update(
                                        "update pending set owner = null where owner = ?", id));
        int _ = database.urgent(session -> session.update("delete from replica where id = ?", id));
    }

    @Override
    public void close() {
        for (AutoCloseable each : new @Nullable AutoCloseable[] {rounds, flushes, bell}) {
            if (each != null) {
                close(each);
            }
        }
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
    }
}
