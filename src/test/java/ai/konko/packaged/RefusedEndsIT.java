package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.store.postgres.TestPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL that refuses the ends of replies for a time, in each way that one does. */
class RefusedEndsIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final String CANCELLED = "53300";

    /** See the table of error codes in PostgreSQL's documentation, appendix A. */
    private static final List<String> STATES =
            List.of(
                    "08006", // connection failure
                    "25006", // read-only
                    "40001", // serialization failure
                    "40P01", // deadlock
                    "53100", // disk full
                    "53200", // out of memory
                    CANCELLED, // too many connections
                    "55P03", // lock not available
                    "57014", // statement timeout
                    "57P01", // shut down by an administrator
                    "57P03", // not yet started
                    "58030", // I/O error
                    "P0001", // whatever a trigger says
                    "XX000"); // internal

    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private final CompletableFuture<Void> gate = new CompletableFuture<>();
    private Connection database;
    private Service service;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        String url = TestPostgres.newDatabase("refusedends");
        database =
                DriverManager.getConnection(
                        "jdbc:" + url, TestPostgres.user(), TestPostgres.password());
        model.answer(call -> Reply.text("re: " + call.lastUser()).gateAt(1, gate));
        service =
                Service.start(
                        Service.with(
                                model.baseUrl(),
                                Map.of(
                                        "KONKO_STORE",
                                        "postgres",
                                        "KONKO_DATABASE_URL",
                                        url,
                                        "KONKO_DATABASE_USERNAME",
                                        TestPostgres.user(),
                                        "KONKO_DATABASE_PASSWORD",
                                        TestPostgres.password())),
                        folder);
        client = service.ready();
    }

    @AfterEach
    void stop() throws Exception {
        service.kill();
        model.close();
        database.close();
    }

    @Test
    void endsThatAreRefused_areWrittenAsSoonAsTheyAreTaken() throws Exception {
        Map<String, String> replies = new LinkedHashMap<>();
        for (String state : STATES) {
            String chat = "/chats/" + client.post("/chats", "{\"title\": \"" + state + "\"}").id();
            Answer posted = client.say(chat, state, "Prefer", "respond-async");
            replies.put(state, chat + "/messages/" + posted.reply().path("id").asText());
        }
        await().atMost(MINUTE).until(() -> model.inFlight() == STATES.size());
        refuse();
        CompletableFuture<Answer> cancelled =
                client.postLater(replies.get(CANCELLED) + "/cancel", "");
        await().atMost(MINUTE).until(() -> refused(CANCELLED) >= 1);
        gate.complete(null);
        for (String state : STATES) {
            await().atMost(MINUTE).until(() -> refused(state) >= 3);
        }

        take();

        Answer _ = cancelled.get(60, TimeUnit.SECONDS); // a refusal, if it had to wait for long
        for (String state : STATES) {
            String reply = replies.get(state);
            await().atMost(MINUTE).until(() -> !status(reply).equals("in_progress"));
            if (state.equals(CANCELLED)) {
                assertThat(client.get(reply).json().path("finishReason").asText())
                        .isEqualTo("cancelled");
            } else {
                assertThat(client.get(reply).json().path("content").asText())
                        .isEqualTo("re: " + state);
            }
            String chat = reply.substring(0, reply.indexOf("/messages"));
            assertThat(client.say(chat, "next").status()).isEqualTo(201);
        }
    }

    private String status(String reply) {
        return client.get(reply).json().path("status").asText();
    }

    /** From now on each update of a message fails in the way that its chat's title says. */
    private void refuse() throws Exception {
        try (Statement statement = database.createStatement()) {
            for (String state : STATES) {
                statement.execute("create sequence \"refused" + state + "\"");
            }
            statement.execute(
                    """
                    create function refuse() returns trigger language plpgsql as $$
                    declare state text := (select title from chat where id = new.chat_id);
                    begin
                        perform nextval('"refused' || state || '"');
                        raise exception 'refused' using errcode = state;
                    end $$;
                    create trigger refuse before update on message
                    for each row execute function refuse()
                    """);
        }
    }

    private void take() throws Exception {
        try (Statement statement = database.createStatement()) {
            statement.execute("drop trigger refuse on message");
        }
    }

    /** How often: a sequence counts on also where the transaction is rolled back. */
    private long refused(String state) throws Exception {
        try (Statement statement = database.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "select last_value from \"refused"
                                        + state
                                        + "\" where is_called")) {
            return row.next() ? row.getLong(1) : 0;
        }
    }
}
