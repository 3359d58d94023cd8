package ai.konko.assistant;

import dev.langchain4j.observability.api.AiServiceListenerRegistrar;
import dev.langchain4j.observability.api.event.AiServiceEvent;
import dev.langchain4j.observability.api.listener.AiServiceListener;
import dev.langchain4j.spi.observability.AiServiceListenerRegistrarFactory;

/**
 * Nobody listens to what happens in the AI services: turns have metrics and spans of their own. By
 * default each call would look for observers of its events again and again, at a tenth of a turn's
 * cost.
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
