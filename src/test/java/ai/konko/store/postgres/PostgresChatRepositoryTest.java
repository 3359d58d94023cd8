package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepositoryContract;
import ai.konko.chat.TestLimits;
import com.github.f4b6a3.uuid.factory.standard.TimeOrderedEpochFactory;
import io.agroal.api.AgroalDataSource;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresChatRepositoryTest extends ChatRepositoryContract {
    private static AgroalDataSource source;
    private static Database database;

    @BeforeAll
    static void connect() {
        source = TestPostgres.migrated(TestPostgres.newDatabase("contract"));
        database = new Database(() -> source, 20, 1000);
    }

    @AfterAll
    static void disconnect() {
        source.close();
    }

    @Override
    protected ChatRepository repository(TestLimits limits) {
        database.statement(
                session ->
                        session.update("truncate chat, message, pending, piece, replica, usage"));
        UUID me = UUID.randomUUID();
        Drafts drafts = new Drafts(me);
        Replica replica =
                new Replica(
                        me, database, drafts, Duration.ofSeconds(10), false, Duration.ofMillis(50));
        replica.renew();
        return new PostgresChatRepository(
                limits,
                Clock.systemUTC(),
                new TimeOrderedEpochFactory()::create,
                database,
                replica,
                drafts);
    }
}
