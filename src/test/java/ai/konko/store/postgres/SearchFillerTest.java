package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.SearchConfig.Switch;
import ai.konko.chat.Turn;
import ai.konko.chat.Written;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the search looks in is filled beside the turns, and never has more than the log. */
@Timeout(60)
class SearchFillerTest {
    private static final Failure FAILURE = new Failure(ErrorCode.MODEL_UNAVAILABLE, "gone", null);

    private TestLog log;
    private UUID chat;

    @BeforeEach
    void aLog() {
        log = TestLog.on(TestPostgres.newDatabase("filled"));
        chat = log.chat("a title");
    }

    @AfterEach
    void close() {
        log.close();
    }

    /** Such a chat is not looked through turn by turn. */
    @Test
    void search_findsWhatIsInAndBehindALongChat() {
        log.post(chat, "an old needle");
        UUID large = log.chat("long");
        log.post(large, "a new needle");
        log.database.statement(
                session ->
                        session.update(
                                "update chat set message_count = 100000 where id = ?", large));

        assertThat(log.search("needle")).containsExactly(large, chat);
        log.answer(large, "x");
        log.fill();

        assertThat(log.search("needle")).containsExactly(large, chat);
    }

    @Test
    void turn_isTakenInOnceItIsOver() {
        log.post(chat, "a QUESTION");
        log.fill();
        assertThat(log.count("searched")).isZero();
        assertThat(log.search("a question")).containsExactly(chat);

        log.answer(chat, "an ANSWER");
        assertThat(log.search("an answer")).containsExactly(chat);
        log.fill();

        assertThat(texts()).containsExactly("a question\u037Ean answer");
        assertThat(log.count("unsearched")).isZero();
        assertThat(log.search("an answer")).containsExactly(chat);
        assertThat(log.search("QUESTION")).containsExactly(chat);
        assertThat(log.search("questionan")).isEmpty();
        assertThat(log.search("question;an")).isEmpty();
        assertThat(log.search("question\u037Ean")).isEmpty();
    }

    @Test
    void erasedText_isGoneAtOnce() {
        Message reply = answered("a question", "a secret");

        log.repository.erase(chat, reply.id(), 1, Set.of(0));

        assertThat(texts()).isEmpty();
        assertThat(log.search("secret")).isEmpty();
        assertThat(log.search("question")).containsExactly(chat);
        log.fill();
        assertThat(texts()).containsExactly("a question");
    }

    @Test
    void retriedReply_isFoundByItsNewText() {
        log.post(chat, "a question");
        Turn turn = log.repository.start(chat, "m").orElseThrow().turn();
        log.repository.finish(
                chat, turn.reply().id(), 1, Outcome.brokenOff(Written.of("an old"), FAILURE));
        log.fill();
        assertThat(log.search("an old")).containsExactly(chat);

        log.repository.retry(chat, turn.reply().id(), false);
        assertThat(texts()).isEmpty();
        assertThat(log.search("an old")).isEmpty();
        log.fill();
        log.answer(chat, "a new");

        assertThat(log.search("a new")).containsExactly(chat);
        log.fill();
        assertThat(texts()).containsExactly("a question\u037Ea new");
    }

    /** It was over when the filler looked for turns, and is not when the filler has locked it. */
    @Test
    void replyThatIsRetriedMeanwhile_isTakenInLater() {
        log.post(chat, "a question");

        boolean _ =
                log.database.transaction(
                        session ->
                                SearchRows.takeIn(session, List.of(new SearchRows.Place(chat, 1))));

        assertThat(log.count("unsearched")).isOne();
        log.answer(chat, "a new");
        log.fill();
        assertThat(texts()).containsExactly("a question\u037Ea new");
    }

    @Test
    void chatThatIsBeingDeleted_isNotTakenIn() {
        log.post(chat, "a question");
        log.answer(chat, "an answer");

        boolean _ =
                log.database.transaction(
                        session -> {
                            boolean _ =
                                    session.first(
                                                    "select 1 from chat where id = ? for update",
                                                    _ -> true,
                                                    chat)
                                            .orElseThrow();
                            log.fill();
                            assertThat(log.count("unsearched")).isOne();
                            assertThat(texts()).isEmpty();
                            return true;
                        });

        log.fill();
        assertThat(texts()).hasSize(1);
    }

    @Test
    void deletedChat_leavesNothing() {
        answered("a question", "an answer");
        log.post(chat, "another");

        log.repository.delete(chat);

        assertThat(log.count("searched")).isZero();
        assertThat(log.count("unsearched")).isZero();
    }

    /** The filler has read the text already, and has not committed yet. */
    @Test
    void textThatIsErasedWhileItIsTakenIn_isGoneAfterwards() {
        Message reply = answered("a question", "a secret");
        CompletableFuture<Message> erased = new CompletableFuture<>();

        boolean _ =
                log.database.transaction(
                        session -> {
                            session.update(
                                    "insert into unsearched values (?, 1) on conflict do nothing",
                                    chat);
                            return true;
                        });
        boolean _ =
                log.database.transaction(
                        session -> {
                            boolean _ = SearchRows.takeIn(session);
                            Thread _ =
                                    Thread.ofVirtual()
                                            .start(
                                                    () ->
                                                            erased.complete(
                                                                    log.repository.erase(
                                                                            chat,
                                                                            reply.id(),
                                                                            1,
                                                                            Set.of(0))));
                            await().until(
                                            () ->
                                                    log.count(
                                                                    "pg_stat_activity where wait_event_type = 'Lock'")
                                                            > 0);
                            return true;
                        });

        assertThat(erased.join().content()).isEmpty();
        assertThat(texts()).isEmpty();
        assertThat(log.search("secret")).isEmpty();
    }

    @Test
    void oneReplicaAtATime_fills() {
        answered("a question", "an answer");
        log.post(chat, "another");
        log.answer(chat, "another");

        boolean more = new SearchFiller(log.database, Switch.ON).fill();

        assertThat(more).isFalse();
        assertThat(log.count("unsearched")).isOne();
    }

    @Test
    void searchThatWasOff_findsAllOnceItIsOn() {
        answered("a question", "an answer");

        boolean more = new SearchFiller(log.database, Switch.OFF).fill();
        log.post(chat, "unnoticed");
        log.answer(chat, "by the search");

        assertThat(more).isFalse();
        assertThat(log.count("searched")).isZero();
        assertThat(log.count("unsearched")).isZero();
        SearchFiller on = new SearchFiller(log.database, Switch.ON);
        boolean _ = on.fill();
        for (String each : List.of("answer", "unnoticed", "by the search")) {
            assertThat(log.search(each)).containsExactly(chat);
        }
        log.fill();
        assertThat(texts()).hasSize(2);
        assertThat(log.count("search_progress where next_chat is null")).isOne();
        assertThat(log.search("unnoticed")).containsExactly(chat);
    }

    private Message answered(String question, String answer) {
        log.post(chat, question);
        Message reply = log.answer(chat, answer);
        log.fill();
        return reply;
    }

    private List<String> texts() {
        return log.database.statement(
                session ->
                        session.list(
                                "select text from searched order by chat_id, seq",
                                row -> row.getString(1)));
    }
}
