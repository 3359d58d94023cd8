package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.FinishReason;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.SearchConfig.Switch;
import ai.konko.chat.Settings;
import ai.konko.chat.Status;
import ai.konko.chat.TestLimits;
import ai.konko.chat.Turn;
import ai.konko.chat.WhenBusy;
import io.agroal.api.AgroalDataSource;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** The log in one database, with one replica that runs without its background tasks. */
final class TestLog implements AutoCloseable {
    final AgroalDataSource source;
    final Database database;
    final PostgresChatRepository repository;
    private final Replica replica;
    private final SearchFiller filler;

    private TestLog(AgroalDataSource source) {
        this.source = source;
        this.database = new Database(() -> source, 20, 1000);
        UUID me = UUID.randomUUID();
        RunningReplies running = new RunningReplies(me);
        this.replica =
                new Replica(
                        me,
                        database,
                        running,
                        Duration.ofSeconds(10),
                        true,
                        Duration.ofMillis(50),
                        ReplicaAddress.of(me, null));
        replica.renew();
        this.filler = new SearchFiller(database, Switch.ON);
        this.repository =
                new PostgresChatRepository(
                        TestLimits.WIDE,
                        new GrowingIds(Clock.systemUTC()),
                        database,
                        replica,
                        running);
    }

    static TestLog on(String url) {
        return as(TestPostgres.user(), TestPostgres.password(), url);
    }

    static TestLog as(String user, String password, String url) {
        return new TestLog(TestPostgres.migrated(url, user, password));
    }

    UUID chat(String title) {
        return repository
                .create(Owner.ANONYMOUS, new Settings(title, null, null, Map.of("k", "v")))
                .id();
    }

    Turn post(UUID chat, String text) {
        return repository.accept(chat, new Post(text, WhenBusy.ENQUEUE, null, true)).turn();
    }

    /** Runs the chat's next reply, with its text flushed on the way. */
    Message answer(UUID chat, String text) {
        Message reply = repository.start(chat, "m").orElseThrow().turn().reply();
        repository.draft(chat, reply.id(), reply.attempt()).text(text);
        replica.flush();
        return repository.finish(
                chat, reply.id(), reply.attempt(), Outcome.ended(text, FinishReason.STOP, null));
    }

    List<UUID> search(String text) {
        return repository.chats(new ChatQuery(Owner.ANONYMOUS, 100, null, text)).items().stream()
                .map(each -> each.id())
                .toList();
    }

    /** Takes all turns that are over into the table that is searched. */
    void fill() {
        boolean more = filler.fill();
        while (more) {
            more = filler.fill();
        }
    }

    boolean fillOnce() {
        return filler.fill();
    }

    int count(String rows) {
        return database.statement(
                session ->
                        session.first("select count(*) from " + rows, row -> row.getInt(1))
                                .orElseThrow());
    }

    List<Message> messages(UUID chat) {
        return repository.messages(chat, new MessageQuery(1000, Order.ASC, null)).items();
    }

    /** All that a chat is for: it is titled, posted to, answered, found, read and deleted. */
    void assertWorks() {
        UUID chat = chat("Äpfel");
        post(chat, "a question");
        assertThat(answer(chat, "an ANSWER").status()).isEqualTo(Status.COMPLETED);
        assertThat(search("an answer")).containsExactly(chat);
        fill();
        assertThat(search("an answer")).containsExactly(chat);
        assertThat(search("äPFEL")).containsExactly(chat);
        assertThat(messages(chat)).extracting(Message::content).contains("a question", "an ANSWER");
        assertThat(repository.messageCounts(chat).answeredThrough()).isEqualTo(2);
        assertThat(repository.delete(chat)).isEmpty();
        assertThat(search("an answer")).isEmpty();
    }

    /** Many at once, in a few chats: each is taken, and in a place of its own. */
    void assertTakesPostsAtOnce() throws Exception {
        List<UUID> chats = Stream.generate(() -> chat("x")).limit(8).toList();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Turn>> posts = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                UUID chat = chats.get(i % chats.size());
                posts.add(threads.submit(() -> post(chat, "at once")));
            }
            for (Future<Turn> each : posts) {
                assertThat(each.get().reply().status()).isEqualTo(Status.QUEUED);
            }
        }
        for (UUID chat : chats) {
            assertThat(messages(chat)).extracting(Message::seq).hasSize(10).doesNotHaveDuplicates();
        }
    }

    @Override
    public void close() {
        source.close();
    }
}
