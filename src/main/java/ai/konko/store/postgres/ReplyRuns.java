package ai.konko.store.postgres;

import ai.konko.chat.CallStatus;
import ai.konko.chat.Cancelled;
import ai.konko.chat.Draft;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Recovery;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Started;
import ai.konko.chat.Turn;
import ai.konko.chat.Written;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts and ends runs of replies on this replica, and puts replies back in line. Each start makes
 * a new run, and all that is written of it names it: so what a replica writes late, after it was
 * taken for dead, changes nothing.
 */
final class ReplyRuns {
    private static final Logger LOG = Logger.getLogger(ReplyRuns.class);

    private final Database database;
    private final Replica replica;
    private final RunningReplies running;
    private final MessageRows messages;

    ReplyRuns(Database database, Replica replica, RunningReplies running, MessageRows messages) {
        this.database = database;
        this.replica = replica;
        this.running = running;
        this.messages = messages;
    }

    Optional<Started> start(UUID chatId, String defaultModel) {
        if (!replica.serves()) {
            return Optional.empty();
        }
        AtomicReference<@Nullable ReplyRun> run = new AtomicReference<>();
        try {
            Optional<Started> started =
                    database.transaction(session -> start(session, chatId, defaultModel, run));
            ReplyRun begun = run.get();
            if (begun != null) {
                begun.confirmed = true;
                if (begun.number > 1) {
                    LOG.infof(
                            "Reply %s of chat %s is run again because its last run did not end",
                            begun.replyId, chatId);
                }
            }
            return started;
        } catch (RuntimeException | Error failed) {
            running.remove(run.get());
            if (failed instanceof RefusedException refused
                    && refused.code() == ErrorCode.CHAT_NOT_FOUND) {
                return Optional.empty();
            }
            throw failed;
        }
    }

    /**
     * @param run takes the new run, which must be among the running replies before the log says
     *     that this replica runs the reply
     */
    private Optional<Started> start(
            Session session,
            UUID chatId,
            String defaultModel,
            AtomicReference<@Nullable ReplyRun> run)
            throws SQLException {
        running.remove(run.getAndSet(null)); // of an attempt that failed
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> next = nextToRun(session, chat, chatId);
        if (next.isEmpty()) {
            return Optional.empty();
        }
        ReplyRun begun = next.get().nextRun();
        run.set(begun);
        running.put(begun);
        return Optional.of(started(session, next.get(), chat, defaultModel));
    }

    /** Ends the replies on its way that nobody may run again. */
    private Optional<Pending> nextToRun(Session session, ChatRows.Locked chat, UUID chatId)
            throws SQLException {
        for (Pending each : PendingRows.line(session, chatId)) {
            if (!each.waits() && !replica.mayTakeOver(session, each)) {
                return Optional.empty();
            }
            if (!each.waits() && !Recovery.runsAgain(each.run(), each.cancel())) {
                Message soFar = messages.reply(session, chatId, each.replyId());
                Written written = new Written(soFar.content(), soFar.items());
                TurnRows.end(session, chat, each, Recovery.end(written, each.cancel()));
                replica.changed(chatId);
            } else {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private Started started(
            Session session, Pending next, ChatRows.Locked chat, String defaultModel)
            throws SQLException {
        String model = chat.settings().modelToAsk(next.model(), defaultModel);
        PendingRows.startRun(session, next, replica.id(), model);
        Turn turn = messages.turnOf(session, next.chatId(), next.seq());
        return new Started(turn, chat.settings(), next.streamed());
    }

    Draft draft(UUID chatId, UUID replyId, int attempt) {
        ReplyRun run = running.find(chatId, replyId, attempt);
        return run == null ? Draft.NOWHERE : run;
    }

    Message finish(UUID chatId, UUID replyId, int attempt, Outcome outcome) {
        ReplyRun run = running.find(chatId, replyId, attempt);
        int number = run == null ? 0 : run.number;
        Message now;
        try {
            now =
                    database.transaction(
                            session -> finish(session, chatId, replyId, attempt, number, outcome));
        } catch (RefusedException refused) {
            if (refused.code() != ErrorCode.STORE_UNAVAILABLE) { // that is tried again
                running.remove(run);
            }
            throw refused;
        }
        running.remove(run);
        replica.changed(chatId);
        return now;
    }

    private Message finish(
            Session session, UUID chatId, UUID replyId, int attempt, int number, Outcome outcome)
            throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> mine =
                PendingRows.find(session, chatId, replyId)
                        .filter(each -> each.isRun(attempt, number, replica.id()));
        if (mine.isPresent()) {
            TurnRows.end(session, chat, mine.get(), outcome);
        }
        return messages.reply(session, chatId, replyId);
    }

    Cancelled cancel(UUID chatId, UUID replyId) {
        Cancelled cancelled = database.transaction(session -> cancel(session, chatId, replyId));
        replica.changed(chatId);
        return cancelled;
    }

    private Cancelled cancel(Session session, UUID chatId, UUID replyId) throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> pending = PendingRows.find(session, chatId, replyId);
        boolean waits = pending.isPresent() && pending.get().waits();
        if (waits) {
            TurnRows.end(session, chat, pending.get(), Outcome.cancelled());
        } else if (pending.isPresent()) {
            PendingRows.requestCancel(session, pending.get());
        }
        Message reply = messages.reply(session, chatId, replyId);
        if (chat.waiting() && reply.waits()) {
            reply = reply.callsClosed(CallStatus.CANCELLED, chat.timeOfChange());
            TurnRows.updateItems(session, reply);
            ChatRows.waitNoMore(session, chatId, chat.timeOfChange());
        }
        return new Cancelled(reply, waits);
    }

    Turn retry(UUID chatId, UUID replyId, boolean streamed) {
        Turn turn = database.transaction(session -> retry(session, chatId, replyId, streamed));
        replica.changed(chatId);
        return turn;
    }

    private Turn retry(Session session, UUID chatId, UUID replyId, boolean streamed)
            throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Message queued = messages.reply(session, chatId, replyId).retried(chat.end().seq());
        TurnRows.requeue(session, queued);
        PendingRows.insert(session, queued, streamed);
        ChatRows.requeue(session, queued, chat.timeOfChange());
        return messages.turnOf(session, chatId, queued.seq()).requireSaid();
    }
}
