package ai.konko.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Message;
import ai.konko.fake.FakeModelResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** With an endpoint: see {@code TracesTest}. */
@QuarkusTest
@WithTestResource(FakeModelResource.class)
class TurnSpansTest {
    @Inject TurnSpans spans;

    @Test
    void begin_withoutAnEndpointForTraces_recordsNothing() {
        Message reply =
                Message.queuedReply(UUID.randomUUID(), UUID.randomUUID(), 2, Instant.now())
                        .started("m");

        assertThat(spans.begin(reply, null).isRecording()).isFalse();
    }
}
