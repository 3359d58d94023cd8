package ai.konko.store.postgres;

import ai.konko.chat.ContextTurn;
import ai.konko.chat.LogEnd;
import ai.konko.chat.Message;
import ai.konko.chat.Sized;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The turns that a chat's next turn is sent. The replica that has run the last one keeps them, so
 * it need not read what it has just written.
 *
 * <p>Whoever changes anything of a chat changes its row, in the same transaction. So what is kept
 * counts only while that row is as the transaction of this replica has left it; the row names that
 * transaction ({@code xmin}). If the transaction was not committed, no row ever names it.
 */
final class KnownContexts {
    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** What an entry takes beside its text, in bytes, roughly. */
    private static final int ENTRY = 500;

    /** What a turn takes beside its text. */
    private static final int TURN = 100;

    private final long mostBytes;

    /** The one that was used last comes last; guarded by this, as is the next. */
    private final Map<UUID, Known> chats = new LinkedHashMap<>(16, 0.75f, true);

    private long bytes;

    /**
     * What is known of a chat.
     *
     * @param version the transaction that has changed the chat's row last
     * @param updatedAt what that transaction has written there: after a failover another one may
     *     have its number
     * @param bounds of the turns
     * @param turns before the one that runs, oldest first
     * @param running the message of the turn that runs; null if none does
     * @param since when it was put here, by {@link System#nanoTime}
     */
    record Known(
            LogEnd end,
            String version,
            Instant updatedAt,
            StartOptions bounds,
            List<ContextTurn> turns,
            @Nullable Message running,
            long since) {

        /** Whether the chat is as it was. */
        boolean is(ChatRows.Locked chat) {
            return version.equals(chat.version())
                    && updatedAt.equals(chat.updatedAt())
                    && end.equals(chat.end());
        }

        private long bytes() {
            long all = ENTRY + (running == null ? 0 : 2 * running.characters());
            for (ContextTurn each : turns) {
                all += TURN + each.text().length;
                all += 2 * Sized.characters(each.messageItems());
                all += 2 * Sized.characters(each.replyItems());
            }
            return all;
        }
    }

    KnownContexts(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * What the chat's next turn is sent, if the chat is as it was.
     *
     * @param bounds for what is read
     */
    synchronized @Nullable Known of(UUID chatId, StartOptions bounds) {
        Known known = chats.get(chatId);
        return known == null || known.running != null || !known.bounds.equals(bounds)
                ? null
                : known;
    }

    /**
     * A transaction starts a turn.
     *
     * @param transaction it has no other effect on the chat
     */
    void started(Turn turn, List<ContextTurn> before, StartOptions bounds, String transaction) {
        Message message = turn.message();
        put(
                new Known(
                        LogEnd.of(turn),
                        transaction,
                        message.createdAt(),
                        bounds,
                        before,
                        message,
                        System.nanoTime()));
    }

    /**
     * A transaction ends a reply, after which nothing is in line.
     *
     * @param chat as the transaction has found it
     * @param windowFrom see {@link ai.konko.chat.Outcome}
     * @param transaction it has no other effect on the chat
     */
    synchronized void ended(
            ChatRows.Locked chat, Message reply, int windowFrom, String transaction) {
        UUID chatId = reply.chatId();
        Known known = chats.get(chatId);
        if (known == null || !known.is(chat) || known.running == null) {
            forget(chatId);
            return;
        }
        List<ContextTurn> turns = new ArrayList<>(known.turns);
        if (reply.isContext()) {
            turns.add(ContextTurn.of(new Turn(known.running, reply)));
            turns.removeIf(each -> each.replySeq() < windowFrom);
        }
        put(
                new Known(
                        known.end,
                        transaction,
                        chat.timeOfChange(),
                        known.bounds,
                        List.copyOf(newest(turns, known.bounds)),
                        null,
                        System.nanoTime()));
    }

    /** Those that the bounds allow, as {@link ContextRows} reads them. */
    private static List<ContextTurn> newest(List<ContextTurn> turns, StartOptions bounds) {
        long left = bounds.mostBytes();
        int from = turns.size();
        while (from > 0 && turns.size() - from < bounds.maxTurns() && left >= 0) {
            from--;
            ContextTurn turn = turns.get(from);
            left -= turn.replyBytes() + Sized.characters(turn.replyItems());
        }
        return turns.subList(from, turns.size());
    }

    synchronized void forget(UUID chatId) {
        Known known = chats.remove(chatId);
        bytes -= known == null ? 0 : known.bytes();
    }

    private synchronized void put(Known known) {
        UUID chatId = known.end.chatId();
        forget(chatId);
        chats.put(chatId, known);
        bytes += known.bytes();
        Iterator<Known> eldest = chats.values().iterator();
        for (Known each = eldest.next(); isTooMuch(each, known.since); each = eldest.next()) {
            bytes -= each.bytes();
            eldest.remove();
            if (!eldest.hasNext()) {
                return;
            }
        }
    }

    private boolean isTooMuch(Known eldest, long now) {
        return bytes > mostBytes || now - eldest.since > LONGEST.toNanos();
    }
}
