package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.TestTls;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A provider behind TLS, as all of the well-known ones are, whose certificate says localhost. */
class TlsIT {
    @TempDir Path folder;
    private TestTls tls;
    private FakeModel model;
    private Service service;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(
                System.getProperty("native") == null,
                "how a binary is told whom to trust is not how the jar is");
        tls = TestTls.in(folder);
        model = FakeModel.start(tls.context());
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (model != null) {
            model.close();
        }
        if (service != null) {
            service.kill();
        }
    }

    @Test
    void turns_atAProviderBehindTls_areAnswered() throws Exception {
        Client client = serviceAt("localhost");
        String chat = client.chat();

        Answer answer = client.say(chat, "hello");
        String streamed = client.sayAndFollow(chat, "again").rest().getLast().name();

        assertThat(answer.status()).isEqualTo(201);
        assertThat(streamed).isEqualTo("completed");
        assertThat(model.calls()).hasSize(2);
    }

    @Test
    void turn_atAnAddressThatTheCertificateDoesNotName_isNotSent() throws Exception {
        Client client = serviceAt("127.0.0.1");

        Answer answer = client.say(client.chat(), "hello");

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.code()).isEqualTo("model-unavailable");
        assertThat(model.calls()).isEmpty();
    }

    private Client serviceAt(String host) throws Exception {
        service =
                Service.start(
                        Map.of(
                                "OPENAI_BASE_URL",
                                model.baseUrl(host),
                                "JAVA_TOOL_OPTIONS",
                                "-Djavax.net.ssl.trustStorePassword=%s -Djavax.net.ssl.trustStore=%s"
                                        .formatted(TestTls.PASSWORD, tls.trusted())),
                        folder);
        return service.ready();
    }
}
