package ai.konko.packaged;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.store.postgres.TestPostgres;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log is dumped while the service runs, and restored, as src/docs/operating.md says. */
class BackupIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final int WRITERS = 10;
    private static final int SLOW = 5;
    private static final int ENOUGH = 200;
    private static final String FILE = "%PDF-1.7 a file";

    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private final AtomicBoolean slow = new AtomicBoolean(true);
    private final List<Service> services = new ArrayList<>();
    private Path dump;
    private SystemPostgres server;

    @BeforeEach
    void aServer() throws Exception {
        Optional<SystemPostgres> started = SystemPostgres.start(folder);
        Assumptions.assumeTrue(started.isPresent(), "no PostgreSQL of the system found");
        server = started.get();
        dump = folder.resolve("konko.dump");
        model.answer(this::reply);
    }

    @AfterEach
    void stop() throws Exception {
        for (Service each : services) {
            each.kill();
        }
        model.close();
        if (server != null) {
            server.stop();
        }
    }

    private Reply reply(Call call) {
        String text = call.lastUser();
        Reply.Text reply = Reply.text("re: " + text);
        return slow.get() && text.startsWith("slow") ? reply.thenStall(2) : reply;
    }

    /** The restoring server is a newer one, because that is how one gets from one to the next. */
    @Test
    void dumpedUnderLoad_restoredItHasEverythingAndEndsEverything() throws Exception {
        Client client = service(server.url(), SystemPostgres.USER, "not asked for").ready();
        String withFile = client.chat();
        Answer posted = client.post(withFile + "/messages", withFile());
        assertThat(posted.status()).isEqualTo(201);
        List<JsonNode> fileMessages = client.messages(withFile);
        List<String> slowChats = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            slowChats.add(client.chat());
            client.say(slowChats.getLast(), "slow " + i, "Prefer", "respond-async");
        }
        await().until(() -> model.inFlight() >= SLOW);
        try (Load load = Load.on(client, WRITERS)) {
            await().atMost(MINUTE).until(() -> load.acknowledged() > ENOUGH);
            List<Answer> before = load.answers();

            server.run(Map.of(), "pg_dump", "-Fc", "-f", dump.toString(), "-d", server.address());

            assertThat(load.acknowledged()).isGreaterThan(before.size());
            load.stop();
            services.getFirst().kill();
            slow.set(false);
            Client again = restored();
            await().atMost(MINUTE)
                    .until(
                            () ->
                                    Load.isTerminal(again, slowChats)
                                            && Load.isTerminal(again, load.chats()));
            load.assertNothingIsLost(again, before);
            load.chats().forEach(chat -> Load.assertAlternates(again, chat));
            for (int i = 0; i < SLOW; i++) {
                assertThat(again.messages(slowChats.get(i)))
                        .extracting(each -> each.path("content").asText())
                        .containsExactly("slow " + i, "re: slow " + i);
            }
            assertThat(again.messages(withFile)).isEqualTo(fileMessages);
            assertThat(again.get(attachment(withFile, fileMessages)).text()).isEqualTo(FILE);
            assertThat(again.get("/chats?q=RE:%20SLOW").json().path("data")).hasSize(SLOW);
            assertThat(again.say(slowChats.getFirst(), "more").status()).isEqualTo(201);
        }
    }

    private Client restored() throws Exception {
        String url = TestPostgres.newDatabase("restored");
        String address = url.replace("//", "//" + TestPostgres.user() + "@");
        Map<String, String> password = Map.of("PGPASSWORD", TestPostgres.password());
        server.run(password, "pg_restore", "--no-owner", "-d", address, dump.toString());
        return service(url, TestPostgres.user(), TestPostgres.password()).ready();
    }

    private Service service(String url, String user, String password) throws IOException {
        Map<String, String> settings = new HashMap<>();
        settings.put("KONKO_STORE", "postgres");
        settings.put("KONKO_DATABASE_URL", url);
        settings.put("KONKO_DATABASE_USERNAME", user);
        settings.put("KONKO_DATABASE_PASSWORD", password);
        settings.put("KONKO_DATABASE_LEASE", "3s"); // as long the replies of the other are left
        services.add(Service.start(Service.with(model.baseUrl(), settings), folder));
        return services.getLast();
    }

    private static String withFile() {
        String data = Base64.getEncoder().encodeToString(FILE.getBytes(UTF_8));
        Map<String, String> file =
                Map.of(
                        "type",
                        "file",
                        "mediaType",
                        "application/pdf",
                        "name",
                        "a.pdf",
                        "data",
                        data);
        return Client.write(Map.of("content", List.of(file)));
    }

    private static String attachment(String chat, List<JsonNode> messages) {
        return chat + "/attachments/" + messages.getFirst().findValue("attachment").asText();
    }
}
