package ai.konko.assistant;

import dev.langchain4j.observability.api.AiServiceListenerRegistrar;
import dev.langchain4j.observability.api.event.AiServiceEvent;
import dev.langchain4j.observability.api.listener.AiServiceListener;
import dev.langchain4j.spi.observability.AiServiceListenerRegistrarFactory;

/**
 * Switches the events of AI services off, because turns have metrics and spans of their own. By
 * default each call looks for observers of its events four times, which is much of a turn's cost,
 * see {@code src/docs/adr/0001-our-own-client-to-the-model.md}.
 */
public final class NoListeners implements AiServiceListenerRegistrarFactory {

    @Override
    public AiServiceListenerRegistrar get() {
        return new AiServiceListenerRegistrar() {
            @Override
            public <T extends AiServiceEvent> void register(AiServiceListener<T> listener) {}

            @Override
            public <T extends AiServiceEvent> void unregister(AiServiceListener<T> listener) {}

            @Override
            public <T extends AiServiceEvent> void fireEvent(T event) {}

            @Override
            public void shouldThrowExceptionOnEventError(boolean whether) {}
        };
    }
}
