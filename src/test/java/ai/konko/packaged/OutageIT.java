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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database goes away, and comes back, while the service runs. */
class OutageIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final int WRITERS = 30;
    private static final int SLOW = 10;
    private static final int ENOUGH = 300;

    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private final CompletableFuture<Void> gate = new CompletableFuture<>();
    private TestPostgres.Server database;
    private Service service;

    @BeforeEach
    void aDatabase() throws IOException {
        database = new TestPostgres.Server(folder.resolve("database")).start();
        model.answer(this::reply);
    }

    @AfterEach
    void stop() throws Exception {
        if (service != null) {
            service.kill();
        }
        model.close();
        database.close();
    }

    private Reply reply(Call call) {
        String text = call.lastUser();
        Reply.Text reply = Reply.text("re: " + text);
        return text.startsWith("slow") ? reply.gateAt(3, gate) : reply;
    }

    @Test
    void crashedUnderLoad_nothingIsLostAndRunningRepliesAreKept() throws Exception {
        Client client = start();
        List<String> slowChats = new ArrayList<>();
        List<EventReader> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            slowChats.add(client.chat());
            slow.add(client.sayAndFollow(slowChats.getLast(), "slow " + i));
        }
        for (EventReader each : slow) {
            assertThat(each.untilText(3)).isNotEmpty();
        }
        try (Load load = Load.on(client, WRITERS)) {
            await().atMost(MINUTE).until(() -> load.acknowledged() > ENOUGH);

            database.crash();

            await().atMost(MINUTE).until(() -> !service.isReady());
            assertThat(client.get("/q/health/live").status()).isEqualTo(200);
            Answer refused = client.get("/chats");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.code()).isEqualTo("store-unavailable");
            assertThat(refused.header("Retry-After")).isNotEmpty();
            gate.complete(null);
            database.start();
            await().atMost(MINUTE).until(service::isReady);
            int before = load.acknowledged();
            await().atMost(MINUTE).until(() -> load.acknowledged() > before + ENOUGH);
            load.stop();
            await().atMost(MINUTE)
                    .until(
                            () ->
                                    Load.isTerminal(client, slowChats)
                                            && Load.isTerminal(client, load.chats()));
            load.assertNothingIsLost(client);
            load.chats().forEach(chat -> Load.assertAlternates(client, chat));
        }
        for (int i = 0; i < SLOW; i++) {
            assertThat(slow.get(i).rest().getLast().content()).isEqualTo("re: slow " + i);
        }
        assertThat(model.calls().stream().filter(call -> call.lastUser().startsWith("slow")))
                .as("the running replies were kept")
                .hasSize(SLOW);
        assertThat(service.log()).doesNotContain("ERROR");
    }

    @Test
    void frozen_itIsRefusedWithinSecondsAndServedAgain() throws Exception {
        Client client = start();
        String chat = client.chat();
        database.freeze();

        Answer refused = client.sayLater(chat, "hello").get(30, TimeUnit.SECONDS);

        assertThat(refused.code()).isEqualTo("store-unavailable");
        assertThat(client.get("/q/health/live").status()).isEqualTo(200);
        assertThat(service.isReady()).isFalse();
        database.thaw();
        await().atMost(MINUTE).until(service::isReady);
        await().atMost(MINUTE).until(() -> Load.isTerminal(client, List.of(chat)));
        assertThat(client.say(chat, "again").status()).isEqualTo(201);
    }

    @Test
    void notThereAtTheStart_itIsWaitedFor() throws Exception {
        database.crash();
        service = service();
        Client client = service.live();
        assertThat(service.isReady()).isFalse();
        assertThat(client.get("/chats").code()).isEqualTo("store-unavailable");

        database.start();

        assertThat(service.ready().say(client.chat(), "hello").status()).isEqualTo(201);
    }

    private Client start() throws IOException {
        service = service();
        return service.ready();
    }

    private Service service() throws IOException {
        return Service.start(
                Service.with(
                        model.baseUrl(),
                        Map.of(
                                "KONKO_STORE",
                                "postgres",
                                "KONKO_DATABASE_URL",
                                database.url(),
                                "KONKO_DATABASE_USERNAME",
                                TestPostgres.user(),
                                "KONKO_DATABASE_PASSWORD",
                                database.password())),
                folder);
    }
}
