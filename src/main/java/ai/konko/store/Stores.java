package ai.konko.store;

import ai.konko.chat.ChatRepository;
import ai.konko.store.StoreConfig.Kind;
import ai.konko.store.memory.InMemoryChatRepository;
import ai.konko.store.postgres.PostgresStore;
import io.quarkus.arc.ClientProxy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;

/** The log that everybody uses. */
@ApplicationScoped
class Stores {

    @Produces
    @ApplicationScoped
    ChatRepository repository(
            StoreConfig config,
            Instance<InMemoryChatRepository> memory,
            Instance<PostgresStore> postgres) {
        return config.store() == Kind.MEMORY
                ? ClientProxy.unwrap(memory.get()) // one proxy on the way to it is enough
                : postgres.get().repository();
    }
}
