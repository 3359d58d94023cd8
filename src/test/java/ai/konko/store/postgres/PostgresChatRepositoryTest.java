package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepositoryContract;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.SearchConfig.Switch;
import ai.konko.chat.TestLimits;
import io.agroal.api.AgroalDataSource;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresChatRepositoryTest extends ChatRepositoryContract {
    private static AgroalDataSource source;
    private static Database database;
    private static SearchFiller filler;

    @BeforeAll
    static void connect() {
        source = TestPostgres.migrated(TestPostgres.newDatabase("contract"));
        database = new Database(() -> source, 20, 1000);
        filler = new SearchFiller(database, Switch.ON);
    }

    @AfterAll
    static void disconnect() {
        source.close();
    }

    @Override
    protected void fillSearch() {
        boolean more = filler.fill();
        while (more) {
            more = filler.fill();
        }
    }

    @Override
    protected ChatRepository repository(TestLimits limits, Clock clock) {
        database.statement(
                session ->
                        session.update(
                                """
                                truncate chat, message, attachment, pending, piece, replica, request_key,
                                    usage, searched, unsearched"""));
        UUID me = UUID.randomUUID();
        RunningReplies running = new RunningReplies(me);
        Replica replica =
                new Replica(
                        me,
                        database,
                        running,
                        Duration.ofSeconds(10),
                        false,
                        Duration.ofMillis(50),
                        ReplicaAddress.of(me, null));
        replica.renew();
        return new PostgresChatRepository(
                limits, new GrowingIds(clock), database, replica, running);
    }
}
