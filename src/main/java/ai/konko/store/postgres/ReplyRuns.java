package ai.konko.store.postgres;

import ai.konko.chat.Cancelled;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Recovery;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Started;
import ai.konko.store.postgres.PendingRows.Pending;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The runs of replies by this replica. Each start makes a new run, and everything that is written
 * of it names it: what comes late, from a replica that was taken for dead, changes nothing.
 */
final class ReplyRuns {
    private static final Logger LOG = Logger.getLogger(ReplyRuns.class);

    private final Database database;
    private final Replica replica;
    private final Drafts drafts;

    ReplyRuns(Database database, Replica replica, Drafts drafts) {
        this.database = database;
        this.replica = replica;
        this.drafts = drafts;
    }

    /** See {@link ChatRepository#start}. */
    Optional<Started> start(UUID chatId, String defaultModel) {
        if (!replica.serves()) {
            return Optional.empty();
        }
        AtomicReference<@Nullable Draft> draft = new AtomicReference<>();
        try {
            Optional<Started> started =
                    database.transaction(session -> start(session, chatId, defaultModel, draft));
            Draft begun = draft.get();
            if (begun != null) {
                begun.confirmed = true;
                if (begun.run > 1) {
                    LOG.infof(
                            "Reply %s of chat %s is run again, for its last run came to no end",
                            begun.replyId, chatId);
                }
            }
            return started;
        } catch (RefusedException refused) {
            forget(draft.get());
            if (refused.code() == ErrorCode.CHAT_NOT_FOUND) {
                return Optional.empty();
            }
            throw refused;
        } catch (RuntimeException | Error failed) {
            forget(draft.get());
            throw failed;
        }
    }

    /**
     * @param draft takes the reply's draft, which is there before the log says that this replica
     *     runs the reply
     */
    private Optional<Started> start(
            Session session,
            UUID chatId,
            String defaultModel,
            AtomicReference<@Nullable Draft> draft)
            throws SQLException {
        forget(draft.getAndSet(null)); // of a try that did not come to its end
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> next = nextToRun(session, chat, chatId);
        if (next.isEmpty()) {
            return Optional.empty();
        }
        Draft begun = next.get().draft();
        draft.set(begun);
        drafts.put(begun);
        return Optional.of(started(session, next.get(), chat, defaultModel));
    }

    private void forget(@Nullable Draft draft) {
        if (draft != null) {
            drafts.remove(draft);
        }
    }

    /** Ends on its way those that nobody is to run any more. */
    private Optional<Pending> nextToRun(Session session, ChatRows.Locked chat, UUID chatId)
            throws SQLException {
        for (Pending each : PendingRows.line(session, chatId)) {
            if (!each.waits() && !replica.mayTakeOver(session, each)) {
                return Optional.empty();
            }
            if (!each.waits() && !Recovery.runsAgain(each.run(), each.cancel())) {
                String text =
                        MessageRows.turnOf(session, drafts, chatId, each.seq()).reply().content();
                Message _ =
                        TurnRows.end(
                                session, drafts, chat, each, Recovery.end(text, each.cancel()));
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
        PendingRows.run(session, next, replica.id(), model);
        return new Started(
                MessageRows.turnOf(session, drafts, next.chatId(), next.seq()),
                chat.settings(),
                next.streamed());
    }

    /** See {@link ChatRepository#draft}. */
    Consumer<String> draft(UUID chatId, UUID replyId, int attempt) {
        Draft draft = drafts.find(chatId, replyId, attempt);
        return draft == null ? _ -> {} : draft::append;
    }

    /** See {@link ChatRepository#finish}. */
    Message finish(UUID chatId, UUID replyId, int attempt, Outcome outcome) {
        Draft draft = drafts.find(chatId, replyId, attempt);
        int run = draft == null ? 0 : draft.run;
        Message now;
        try {
            now =
                    database.transaction(
                            session -> finish(session, chatId, replyId, attempt, run, outcome));
        } catch (RefusedException refused) {
            if (refused.code() != ErrorCode.STORE_UNAVAILABLE) { // else this is tried again
                forget(draft);
            }
            throw refused;
        }
        forget(draft);
        replica.changed(chatId);
        return now;
    }

    private Message finish(
            Session session, UUID chatId, UUID replyId, int attempt, int run, Outcome outcome)
            throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> mine =
                PendingRows.find(session, chatId, replyId)
                        .filter(each -> each.isRun(attempt, run, replica.id()));
        return mine.isPresent()
                ? TurnRows.end(session, drafts, chat, mine.get(), outcome)
                : MessageRows.reply(session, drafts, chatId, replyId);
    }

    /** See {@link ChatRepository#cancel}. */
    Cancelled cancel(UUID chatId, UUID replyId) {
        Cancelled cancelled = database.transaction(session -> cancel(session, chatId, replyId));
        replica.changed(chatId);
        return cancelled;
    }

    private Cancelled cancel(Session session, UUID chatId, UUID replyId) throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        Optional<Pending> pending = PendingRows.find(session, chatId, replyId);
        if (pending.isPresent() && pending.get().waits()) {
            Outcome cancelled = Outcome.cancelled("");
            return new Cancelled(
                    TurnRows.end(session, drafts, chat, pending.get(), cancelled), true);
        }
        if (pending.isPresent()) {
            PendingRows.wantCancelled(session, pending.get());
        }
        return new Cancelled(MessageRows.reply(session, drafts, chatId, replyId), false);
    }
}
