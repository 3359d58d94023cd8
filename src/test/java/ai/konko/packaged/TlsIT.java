package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A provider behind TLS, as all of the well-known ones are, whose certificate says localhost. */
class TlsIT {
    private static final String PASSWORD = "changeit";

    @TempDir Path folder;
    private FakeModel model;
    private Service service;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(
                System.getProperty("native") == null,
                "how a binary is told whom to trust is not how the jar is");
        keytool("-genkeypair -keystore keys -keyalg EC -dname CN=localhost -ext san=dns:localhost");
        keytool("-exportcert -keystore keys -file certificate");
        keytool("-importcert -keystore trusted -file certificate -noprompt");
        model = FakeModel.start(tls());
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
                                        .formatted(PASSWORD, folder.resolve("trusted"))),
                        folder);
        return service.ready();
    }

    private SSLContext tls() throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve("keys"))) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        return tls;
    }

    /** The JDK's own, in the test's folder. */
    private void keytool(String arguments) throws Exception {
        Path log = folder.resolve("keytool.log");
        String program = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Process process =
                new ProcessBuilder(
                                (program + " -storepass " + PASSWORD + " " + arguments).split(" "))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).describedAs(Files.readString(log)).isZero();
    }
}
