package ai.konko.store;

import ai.konko.chat.ChatRepository;
import ai.konko.store.StoreConfig.Kind;
import ai.konko.store.memory.InMemoryChatRepository;
import ai.konko.store.postgres.PostgresStore;
import io.quarkus.arc.ClientProxy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import org.jboss.logging.Logger;

/** Produces the log, from the store that is set. */
@ApplicationScoped
class Stores {
    private static final Logger LOG = Logger.getLogger(Stores.class);

    @Produces
    @ApplicationScoped
    ChatRepository repository(
            StoreConfig config,
            Instance<InMemoryChatRepository> memory,
            Instance<PostgresStore> postgres) {
        LOG.info(
                switch (config.store()) {
                    case MEMORY -> "Chats are kept in memory, and gone with this process";
                    case EMBEDDED -> "Chats are kept in " + config.data().toAbsolutePath();
                    case POSTGRES -> "Chats are kept in the database that KONKO_DATABASE_URL names";
                });
        return config.store() == Kind.MEMORY
                ? ClientProxy.unwrap(memory.get()) // the producer has a proxy already
                : postgres.get().repository();
    }
}
