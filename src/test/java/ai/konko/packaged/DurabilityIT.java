package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One machine, no database server: what the service brings along keeps everything. */
class DurabilityIT {
    private static final int WRITERS = 30;
    private static final int SLOW = 10;
    private static final int ENOUGH = 600;

    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private final AtomicBoolean slow = new AtomicBoolean(true);
    private final List<Service> services = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (Service each : services) {
            each.terminate();
            int _ = each.exit();
        }
        model.close();
    }

    @Test
    void killedUnderLoad_itHasEverythingAndEndsEverything() throws Exception {
        model.answer(this::reply);
        Service first = service();
        Client client = first.ready();
        String waiting = client.chat();
        assertThat(client.say(waiting, "tools").status()).isEqualTo(201);
        List<String> slowChats = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            slowChats.add(client.chat());
            Answer accepted =
                    client.say(slowChats.getLast(), "slow " + i, "Prefer", "respond-async");
            assertThat(accepted.status()).isEqualTo(202);
        }
        await().until(() -> model.inFlight() == SLOW);
        try (Load load = Load.on(client, WRITERS)) {
            await().atMost(Duration.ofSeconds(60)).until(() -> load.acknowledged() > ENOUGH);

            first.kill();

            load.stop();
            slow.set(false);
            Client again = service().ready();
            await().atMost(Duration.ofSeconds(60))
                    .until(
                            () ->
                                    Load.isTerminal(again, slowChats)
                                            && Load.isTerminal(again, load.chats()));
            load.assertNothingIsLost(again);
            load.chats().forEach(chat -> Load.assertAlternates(again, chat));
            for (String chat : slowChats) {
                assertThat(again.messages(chat).getLast().path("content").asText())
                        .isEqualTo(
                                "re: " + again.messages(chat).getFirst().path("content").asText());
                assertThat(services.getLast().log())
                        .contains("of chat %s is run again".formatted(chat.substring(7)));
            }
            assertTakesOutputsOnce(again, waiting);
        }
    }

    /** The calls are open still, and what two clients post at once is one turn. */
    private static void assertTakesOutputsOnce(Client client, String chat) {
        List<String> ids = client.messages(chat).get(1).path("items").findValuesAsText("callId");
        assertThat(ids).hasSize(2);
        String outputs =
                "{\"outputs\":[{\"callId\":\"%s\",\"output\":\"1\"},{\"callId\":\"%s\",\"output\":\"2\"}]}"
                        .formatted(ids.getFirst(), ids.getLast());
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("waiting");
        List<CompletableFuture<Answer>> both =
                List.of(
                        client.postLater(chat + "/messages", outputs, "Idempotency-Key", "once"),
                        client.postLater(chat + "/messages", outputs, "Idempotency-Key", "once"));

        assertThat(both.getFirst().join().json()).isEqualTo(both.getLast().join().json());
        assertThat(client.messages(chat)).hasSize(4);
        assertThat(client.messages(chat).get(1).at("/items/1/output").asText()).isEqualTo("2");
        assertThat(client.get(chat).json().path("status").asText()).isEqualTo("idle");
    }

    /** As where the kernel takes it for want of memory, or its disk was full. */
    @Test
    void serverOfOurOwn_thatIsKilled_isStartedAgain() throws Exception {
        slow.set(false);
        model.answer(this::reply);
        Service service = service();
        Client client = service.ready();
        String chat = client.chat();
        client.say(chat, "before");
        List<JsonNode> before = client.messages(chat);

        assertThat(server().destroyForcibly()).isTrue();

        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> service.log().contains("server is there again"));
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(service::isReady);
        assertThat(client.get("/q/health/live").status()).isEqualTo(200);
        assertThat(client.messages(chat)).isEqualTo(before);
        assertThat(client.say(chat, "after").status()).isEqualTo(201);
    }

    private ProcessHandle server() throws IOException {
        Path file = folder.resolve("data/postgresql/postmaster.pid");
        long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
        return ProcessHandle.of(pid).orElseThrow();
    }

    private Reply reply(Call call) {
        String text = call.lastUser();
        if (text.equals("tools") && call.body().findValue("tool_call_id") == null) {
            return new Script().call("call_a", "look", "{}").call("call_b", "look", "{}").reply();
        }
        Reply.Text reply = Reply.text("re: " + text);
        return slow.get() && text.startsWith("slow") ? reply.thenStall(2) : reply;
    }

    @Test
    void restarted_itGoesOnWithWhatWasThere() throws Exception {
        Service first = service();
        Client client = first.ready();
        String chat = client.chat();
        Answer said = client.say(chat, "Ünïcödé 🎉 \\ 'quoted'");
        first.terminate();
        int _ = first.exit();

        Client again = service().ready();

        assertThat(again.messages(chat)).containsExactly(said.json().path("message"), said.reply());
        assertThat(again.say(chat, "more").status()).isEqualTo(201);
        assertThat(model.calls().getLast().messages()).hasSize(3);
        assertThat(again.get("/chats?q=ÜNÏ").json().path("data")).hasSize(1);
    }

    @Test
    void start_whereTheFirstOneWasKilled_beginsAnew() throws Exception {
        Path halfMade = folder.resolve("data").resolve("postgresql");
        Files.createDirectories(halfMade);
        Files.writeString(halfMade.resolve("postgresql.conf"), "port = 1");

        Client client = service().ready();

        assertThat(client.say(client.chat(), "hello").status()).isEqualTo(201);
    }

    @Test
    void start_onAFolderInUse_isRefused() throws Exception {
        Client _ = service().ready();

        Service second = service();

        assertThat(second.exit()).isNotZero();
        assertThat(second.log()).contains("KONKO_DATA is in use");
        services.remove(second);
    }

    @Test
    void start_onDataOfAnotherPostgres_isRefusedInOneLineThatHelps() throws Exception {
        Path data = Files.createDirectories(folder.resolve("data").resolve("postgresql"));
        Files.writeString(data.resolve("PG_VERSION"), "17\n");

        Service service = service();

        assertThat(service.exit()).isNotZero();
        assertThat(service.log().lines().filter(each -> each.contains("PostgreSQL 17")))
                .singleElement()
                .asString()
                .contains("KONKO_DATA", "PostgreSQL 18", "dump", "operating.md");
        assertThat(service.log()).doesNotContain("\tat ai.konko", "at ai.konko.");
        assertThat(data.resolve("PG_VERSION")).exists();
        services.remove(service);
    }

    private Service service() throws Exception {
        Service service =
                Service.start(
                        Service.with(
                                model.baseUrl(),
                                Map.of(
                                        "KONKO_STORE",
                                        "embedded",
                                        "KONKO_DATA",
                                        folder.resolve("data").toString())),
                        folder);
        services.add(service);
        return service;
    }
}
