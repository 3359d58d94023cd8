package ai.konko.store.postgres;

import ai.konko.chat.Accepted;
import ai.konko.chat.Chat;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.NewChat;
import ai.konko.chat.NewChat.Copied;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Turn;
import ai.konko.store.postgres.NewTurns.Posted;
import ai.konko.store.postgres.RequestRows.Sent;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes chats, and knows again the requests that have made them. A chat, its first turn and its
 * request's key are written in one transaction, so there is all of it or nothing. A transaction
 * that finds the key taken goes on in the chat that the key stands for.
 */
final class NewChats {
    private final Database database;
    private final Supplier<UUID> ids;
    private final NewTurns turns;
    private final RunningReplies running;

    NewChats(Database database, Supplier<UUID> ids, NewTurns turns, RunningReplies running) {
        this.running = running;
        this.database = database;
        this.ids = ids;
        this.turns = turns;
    }

    Chat create(NewChat wanted, List<PastTurn> past) {
        return database.transaction(
                session -> {
                    UUID id = newId(session, wanted);
                    Made known = claimed(session, wanted.request(), new Made(id, 2 * past.size()));
                    if (known != null) {
                        return ChatRows.get(session, known.chatId());
                    }
                    Chat made = insert(session, id, wanted);
                    if (past.isEmpty()) {
                        return made;
                    }
                    List<Turn> _ = turns.take(session, id, past, null);
                    return ChatRows.get(session, id);
                });
    }

    Accepted open(NewChat wanted, Post post, @Nullable StartOptions start) {
        return NewRuns.in(
                running,
                database::transaction,
                (session, runs) -> {
                    UUID id = newId(session, wanted);
                    Made made = new Made(id, 2 * (post.earlier().size() + 1));
                    Made known = claimed(session, wanted.request(), made);
                    if (known == null) {
                        Chat _ = insert(session, id, wanted);
                    }
                    UUID chatId = known == null ? id : known.chatId();
                    return turns.accept(session, new Posted(chatId, post, start), runs);
                });
    }

    private UUID newId(Session session, NewChat wanted) throws SQLException {
        Optional<UUID> newest = ChatRows.newest(session, wanted.owner());
        return GrowingIds.after(newest.orElse(null), ids.get());
    }

    /**
     * @return what the request's key stands for already; null if it stands for this from now on, or
     *     if there is no key
     */
    private static @Nullable Made claimed(
            Session session, @Nullable RepeatableRequest request, Made made) throws SQLException {
        if (request == null || request.key() == null) {
            return null;
        }
        Optional<Made> known = Optional.empty();
        while (known.isEmpty() && !RequestRows.claim(session, request, made)) {
            known = RequestRows.keyed(session, request);
        }
        return known.orElse(null);
    }

    private static Chat insert(Session session, UUID id, NewChat wanted) throws SQLException {
        Chat made = ChatRows.insert(session, id, wanted);
        Copied copied = wanted.copied();
        if (copied != null && !copied.ids().isEmpty()) {
            AttachmentRows.copy(session, copied.chatId(), id, copied.ids());
        }
        return made;
    }

    /** The chat's row is locked first, so requests with one key come one after the other. */
    Made take(UUID chatId, List<PastTurn> past, @Nullable RepeatableRequest request) {
        return database.transaction(
                session -> {
                    ChatRows.Locked chat = ChatRows.lock(session, chatId);
                    Made made = new Made(chatId, chat.end().seq() + 2 * past.size());
                    Made known = claimed(session, request, made);
                    if (known != null) {
                        return known;
                    }
                    List<Turn> _ = turns.take(session, chatId, past, request);
                    return made;
                });
    }

    Optional<Made> made(RepeatableRequest request, @Nullable UUID chatId) {
        return database.statement(
                session -> {
                    if (request.key() == null) {
                        return retried(session, request, chatId);
                    }
                    Optional<Made> known = RequestRows.keyed(session, request);
                    return known.isPresent() || chatId == null
                            ? known
                            : RequestRows.keyed(session, request, chatId);
                });
    }

    /** The newest: what goes on from a reply may have been added to a copy of its chat. */
    private static Optional<Made> retried(
            Session session, RepeatableRequest request, @Nullable UUID chatId) throws SQLException {
        Optional<Sent> made = RequestRows.retried(session, request);
        Optional<Sent> added =
                chatId == null ? Optional.empty() : RequestRows.retried(session, request, chatId);
        return Stream.concat(made.stream(), added.stream()) // a copy wins a tie
                .max(Comparator.comparing(Sent::at))
                .map(Sent::made);
    }

    int forgetKeys(Duration age) {
        int all = 0;
        int some;
        do {
            some = database.statement(session -> RequestRows.forget(session, age));
            all += some;
        } while (RequestRows.isWhole(some));
        return all;
    }
}
