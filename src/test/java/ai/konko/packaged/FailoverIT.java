package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.store.postgres.TestPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two replicas on a primary that has a standby, and waits for it with each commit. One of them
 * listens for changes at an address of its own.
 */
class FailoverIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);

    /** After the promotion. */
    private static final Duration SOON = Duration.ofSeconds(10);

    private static final String LEASES = "select count(*) from replica where lease_until > now()";

    private static final String LISTENERS =
            "select count(*) from pg_stat_activity where query = 'listen konko'";

    private static final int WRITERS = 12;
    private static final int SLOW = 6;
    private static final int ENOUGH = 100;

    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private final CompletableFuture<Void> gate = new CompletableFuture<>();
    private final List<Service> services = new ArrayList<>();
    private TestPostgres.Server primary;
    private TestPostgres.Server standby;

    @BeforeEach
    void aPrimaryWithAStandby() throws Exception {
        model.answer(this::reply);
        primary = new TestPostgres.Server(folder.resolve("primary")).start();
        standby = primary.standby(folder.resolve("standby"));
        String _ =
                primary.ask(
                        "alter system set synchronous_standby_names = '*'",
                        "select pg_reload_conf()");
        await().until(
                        () ->
                                primary.ask("select sync_state from pg_stat_replication")
                                        .equals("sync"));
    }

    @AfterEach
    void stop() throws Exception {
        for (Service each : services) {
            each.kill();
        }
        model.close();
        standby.close();
        primary.close();
    }

    private Reply reply(Call call) {
        String text = call.lastUser();
        Reply.Text reply = Reply.text("re: " + text);
        return text.startsWith("slow") ? reply.gateAt(3, gate) : reply;
    }

    @Test
    void primaryKilledUnderLoad_theStandbyTakesOverWithAllThatWasAcknowledged() throws Exception {
        Service serviceA = service(Map.of());
        Service serviceB = service(Map.of("KONKO_DATABASE_LISTEN_URL", url("")));
        Client a = serviceA.ready();
        Client b = serviceB.ready();
        List<String> slowChats = new ArrayList<>();
        List<EventReader> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            slowChats.add(a.chat());
            slow.add(a.sayAndFollow(slowChats.getLast(), "slow " + i));
        }
        for (EventReader each : slow) {
            assertThat(each.untilText(3)).isNotEmpty();
        }
        try (Load onA = Load.on(a, WRITERS);
                Load onB = Load.on(b, WRITERS)) {
            await().atMost(MINUTE)
                    .until(() -> onA.acknowledged() > ENOUGH && onB.acknowledged() > ENOUGH);

            primary.kill();

            await().atMost(MINUTE).until(() -> !serviceA.isReady() && !serviceB.isReady());
            Answer refused = a.get("/chats");
            assertThat(refused.code()).isEqualTo("store-unavailable");
            await().until(() -> standby.ask(LEASES).equals("0"));
            gate.complete(null);
            standby.promote();
            int ofA = onA.acknowledged();
            int ofB = onB.acknowledged();
            await().atMost(SOON).until(() -> onA.acknowledged() > ofA && onB.acknowledged() > ofB);
            await().until(() -> standby.ask(LISTENERS).equals("2"));
            onA.stop();
            onB.stop();
            await().atMost(MINUTE).until(() -> Load.isTerminal(b, slowChats));
            assertKept(onA, b);
            assertKept(onB, a);
        }
        for (int i = 0; i < SLOW; i++) {
            assertThat(slow.get(i).rest().getLast().content()).isEqualTo("re: slow " + i);
        }
        assertThat(model.calls().stream().filter(call -> call.lastUser().startsWith("slow")))
                .as("the running replies were kept")
                .hasSize(SLOW);
        assertThat(serviceA.log() + serviceB.log()).doesNotContain("ERROR");
    }

    private static void assertKept(Load load, Client client) {
        await().atMost(MINUTE).until(() -> Load.isTerminal(client, load.chats()));
        load.assertNothingIsLost(client);
        load.assertInOrder(client);
        load.chats().forEach(chat -> Load.assertAlternates(client, chat));
    }

    private String url(String parameters) {
        return "postgresql://localhost:%d,127.0.0.1:%d/postgres%s"
                .formatted(primary.port(), standby.port(), parameters);
    }

    private Service service(Map<String, String> more) throws IOException {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("KONKO_STORE", "postgres");
        environment.put(
                "KONKO_DATABASE_URL", url("?options=-c%20synchronous_commit%3Dremote_apply"));
        environment.put("KONKO_DATABASE_USERNAME", TestPostgres.user());
        environment.put("KONKO_DATABASE_PASSWORD", primary.password());
        environment.put("KONKO_DATABASE_LEASE", "3s");
        Service service = Service.start(Service.with(model.baseUrl(), environment), folder);
        services.add(service);
        return service;
    }
}
