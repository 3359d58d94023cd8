package ai.konko.store.postgres;

import ai.konko.chat.CallStatus;
import ai.konko.chat.Cancelled;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Draft;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Finished;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Recovery;
import ai.konko.chat.RefusedException;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.Turn;
import ai.konko.chat.Written;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
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
    private final KnownContexts contexts;
    private final GroupCommit<End, Finished> ends;

    ReplyRuns(
            Database database,
            Replica replica,
            RunningReplies running,
            MessageRows messages,
            KnownContexts contexts) {
        this.database = database;
        this.replica = replica;
        this.running = running;
        this.messages = messages;
        this.contexts = contexts;
        this.ends = new GroupCommit<>(database, this::finishTogether, this::finishAlone);
    }

    Optional<Started> start(UUID chatId, StartOptions options) {
        if (!replica.serves()) {
            return Optional.empty();
        }
        try {
            Optional<Started> started =
                    NewRuns.in(
                            running,
                            database::transaction,
                            (session, runs) -> {
                                LockedChats chats =
                                        LockedChats.ofOne(session, chatId, null, null, contexts);
                                return start(
                                        session,
                                        chats.require(chatId),
                                        chats.line(chatId),
                                        options,
                                        runs);
                            });
            started.ifPresent(this::logIfAgain);
            return started;
        } catch (RefusedException refused) {
            if (refused.code() == ErrorCode.CHAT_NOT_FOUND) {
                return Optional.empty();
            }
            throw refused;
        }
    }

    private void logIfAgain(Started started) {
        Message reply = started.turn().reply();
        ReplyRun run = running.find(reply.chatId(), reply.id(), reply.attempt());
        if (run != null && run.number > 1) {
            LOG.infof(
                    "Reply %s of chat %s is run again because its last run did not end",
                    reply.id(), reply.chatId());
        }
    }

    /** Starts the first in line that is not to end instead. */
    private Optional<Started> start(
            Session session,
            ChatRows.Locked chat,
            List<Pending> line,
            StartOptions options,
            NewRuns runs)
            throws SQLException {
        Optional<Pending> first = nextToRun(session, chat, line);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        Pending next = first.get();
        UUID chatId = next.chatId();
        String model = chat.settings().modelToAsk(next.model(), options.defaultModel());
        PendingRows.startRun(session, next, replica.id(), model);
        Turn turn = messages.turnOf(session, chatId, next.seq());
        ReplyRun _ = runs.begin(turn, next.run() + 1);
        return Optional.of(
                new Started(
                        turn,
                        chat.settings(),
                        next.streamed(),
                        before(session, turn, options),
                        chat.summarized()));
    }

    private static @Nullable List<ContextTurn> before(
            Session session, Turn turn, StartOptions options) throws SQLException {
        Message message = turn.message();
        return options.maxTurns() == 0
                ? null
                : ContextRows.recall(
                        session,
                        message.chatId(),
                        message.seq(),
                        options.maxTurns(),
                        options.mostBytes());
    }

    /** Ends the replies on its way that nobody may run again. */
    private Optional<Pending> nextToRun(Session session, ChatRows.Locked chat, List<Pending> line)
            throws SQLException {
        for (Pending each : line) {
            if (!each.waits() && !replica.mayTakeOver(session, each)) {
                return Optional.empty();
            }
            if (!each.waits() && !Recovery.runsAgain(each.run(), each.cancel())) {
                Message soFar = messages.reply(session, each.chatId(), each.replyId());
                Written written = new Written(soFar.content(), soFar.items());
                TurnRows.end(session, chat, each, Recovery.end(written, each.cancel()));
                replica.changed(each.chatId());
            } else {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    Draft draft(UUID chatId, UUID replyId, int attempt) {
        ReplyRun run = running.find(chatId, replyId, attempt);
        return run == null ? Draft.NOWHERE : run;
    }

    /**
     * A reply of which this process says how it ends.
     *
     * @param run null if it does not run here
     * @param start see {@link ai.konko.chat.ChatRepository#finish}
     */
    record End(
            UUID chatId,
            UUID replyId,
            int attempt,
            Outcome outcome,
            @Nullable ReplyRun run,
            @Nullable StartOptions start) {

        boolean isOf(Pending pending, UUID replica) {
            return pending.replyId().equals(replyId)
                    && pending.isRun(attempt, run == null ? 0 : run.number, replica);
        }
    }

    Finished finish(
            UUID chatId, UUID replyId, int attempt, Outcome outcome, @Nullable StartOptions start) {
        ReplyRun run = running.find(chatId, replyId, attempt);
        End end = new End(chatId, replyId, attempt, outcome, run, start);
        Finished finished;
        try {
            finished = run == null ? finishAlone(end) : ends.commit(end);
        } catch (RefusedException refused) {
            if (refused.code() != ErrorCode.STORE_UNAVAILABLE) { // that is tried again
                running.remove(run);
            }
            throw refused;
        }
        running.remove(run);
        replica.changed(chatId);
        return finished;
    }

    /** Ends replies of chats in which nothing else is in line. */
    private List<Optional<Finished>> finishTogether(List<End> asked) {
        return database.transactionInPlace(
                session -> {
                    UUID[] ids = asked.stream().map(End::chatId).distinct().toArray(UUID[]::new);
                    LockedChats chats =
                            LockedChats.ofSome(
                                    session, ids, new @Nullable String[ids.length], null, contexts);
                    List<Optional<Finished>> finished = new ArrayList<>();
                    List<TurnRows.End> ended = new ArrayList<>();
                    for (End each : asked) {
                        ChatRows.Locked chat = chats.chat(each.chatId);
                        List<Pending> line = chats.line(each.chatId);
                        if (chat != null
                                && each.run != null
                                && line.size() == 1
                                && each.isOf(line.getFirst(), replica.id())) {
                            TurnRows.End end = TurnRows.End.of(chat, line.getFirst(), each.outcome);
                            ended.add(end);
                            Message reply = end.ended(each.run.reply);
                            contexts.ended(
                                    chat, reply, end.outcome().windowFrom(), chats.transaction());
                            finished.add(Optional.of(new Finished(reply, null)));
                        } else {
                            finished.add(Optional.empty());
                        }
                    }
                    if (!ended.isEmpty()) {
                        session.atCommit(TurnRows.ending(ended));
                    }
                    return finished;
                });
    }

    private Finished finishAlone(End end) {
        return NewRuns.in(
                running, database::transaction, (session, runs) -> finish(session, end, runs));
    }

    private Finished finish(Session session, End end, NewRuns runs) throws SQLException {
        LockedChats chats = LockedChats.ofOne(session, end.chatId, null, null, contexts);
        ChatRows.Locked chat = chats.require(end.chatId);
        List<Pending> line = new ArrayList<>(chats.line(end.chatId));
        Optional<Pending> mine =
                line.stream().filter(each -> end.isOf(each, replica.id())).findFirst();
        if (mine.isPresent()) {
            TurnRows.end(session, chat, mine.get(), end.outcome);
            line.remove(mine.get());
        }
        contexts.forget(end.chatId);
        Message reply = messages.reply(session, end.chatId, end.replyId);
        Started next =
                end.start == null || !replica.serves()
                        ? null
                        : start(session, chat, line, end.start, runs).orElse(null);
        return new Finished(reply, next);
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
        SummaryRows.forget(session, chat, queued.seq());
        return messages.turnOf(session, chatId, queued.seq()).requireSaid();
    }
}
