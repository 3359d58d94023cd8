package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A chat in which several clients post at the same time, each one turn after the other: plainly, by
 * two requests with one key, as a stream that is read to its end or broken off and resumed, as one
 * that is read at another replica, and cancelled.
 */
final class Talk {
    /** How what is said ends if the answer has to come without pauses. */
    static final String AT_ONCE = "plain";

    private static final int CLIENTS = 2;
    private static final int TURNS = 5;
    private static final int LONGEST_WAIT_MILLIS = 1000;

    private final int number;
    private final PatientClient client;
    private final Findings findings;
    private final BooleanSupplier stopped;
    private final long seed;
    private final String chat;

    /** How a turn is posted and read. */
    private enum Kind {
        PLAIN(AT_ONCE),
        TWICE(AT_ONCE),
        STREAM("stream"),
        BROKEN_OFF("stream"),
        ELSEWHERE("stream"),
        CANCEL("cancel");

        private final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    /**
     * What a client was told of a turn.
     *
     * @param message null if it was not
     * @param reply at its end
     * @param streamed the deltas that came; null if it was no stream
     */
    private record Told(@Nullable JsonNode message, JsonNode reply, @Nullable String streamed) {}

    /**
     * A turn that is over for its client.
     *
     * @param of which client
     * @param posted when, by {@link System#nanoTime}
     */
    record Turn(
            int of,
            String said,
            @Nullable JsonNode message,
            JsonNode reply,
            @Nullable String streamed,
            long posted,
            long ended) {

        boolean cancels() {
            return said.endsWith(Kind.CANCEL.word);
        }
    }

    /**
     * @param stopped whether no more turns are to be posted
     */
    Talk(int number, PatientClient client, Findings findings, BooleanSupplier stopped, long seed)
            throws InterruptedException {
        this.number = number;
        this.client = client;
        this.findings = findings;
        this.stopped = stopped;
        this.seed = seed;
        String body = Client.write(Map.of("title", title()));
        Answer made = client.ask(to -> to.postLater("/chats", body, "Idempotency-Key", title()));
        require(made, 201);
        this.chat = "/chats/" + made.id();
    }

    String title() {
        return "talk " + number;
    }

    String chat() {
        return chat;
    }

    /** All turns, once they are over. */
    List<Turn> run() throws Exception {
        List<Turn> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Turn>>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int of = i;
                clients.add(threads.submit(() -> talk(of)));
            }
            for (Future<List<Turn>> each : clients) {
                all.addAll(each.get());
            }
        }
        return all;
    }

    private List<Turn> talk(int of) throws Exception {
        Random random = new Random(seed + 31L * number + of);
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < TURNS && !stopped.getAsBoolean(); i++) {
            Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
            String said = "%s, %d says %d: %s".formatted(title(), of, i, kind.word);
            long posted = System.nanoTime();
            Told told =
                    switch (kind) {
                        case PLAIN -> plain(said, 1);
                        case TWICE -> plain(said, 2);
                        case STREAM -> stream(said, Integer.MAX_VALUE);
                        case BROKEN_OFF ->
                                stream(said, random.nextInt(AskedModel.text(said).length()));
                        case ELSEWHERE -> elsewhere(said);
                        case CANCEL -> cancel(said, random.nextInt(LONGEST_WAIT_MILLIS));
                    };
            findings.ended(posted);
            turns.add(
                    new Turn(
                            of,
                            said,
                            told.message,
                            told.reply,
                            told.streamed,
                            posted,
                            System.nanoTime()));
        }
        return turns;
    }

    /** Posts with the turn's key. */
    private Answer say(String said, String... headers) throws InterruptedException {
        List<String> all = new ArrayList<>(List.of(headers));
        all.addAll(List.of("Idempotency-Key", said));
        return client.ask(to -> to.sayLater(chat, said, all.toArray(String[]::new)));
    }

    /** By so many requests at the same time. */
    private Told plain(String said, int times) throws Exception {
        List<Answer> answers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Answer> post = () -> say(said);
            for (Future<Answer> each : threads.invokeAll(Collections.nCopies(times, post))) {
                answers.add(each.get());
            }
        }
        Answer answer = answers.getFirst();
        if (answer.json().has("replyId")) {
            return new Told(null, reply(answer.json().path("replyId").asText()), null);
        }
        require(answer, 201);
        if (!answers.stream().allMatch(each -> each.json().equals(answer.json()))) {
            findings.add("%s: two answers with one key: %s".formatted(said, answers));
        }
        return new Told(answer.json().path("message"), answer.reply(), null);
    }

    private Told stream(String said, int enough) throws InterruptedException {
        Reading reading = client.post(chat, said, said, enough);
        return read(reading, reading.accepted());
    }

    private Told elsewhere(String said) throws InterruptedException {
        Answer accepted = say(said, "Prefer", "respond-async");
        require(accepted, 202);
        return read(new Reading(), accepted.json());
    }

    private Told read(Reading reading, JsonNode accepted) throws InterruptedException {
        JsonNode end = client.follow(reading, path(accepted.at("/reply/id").asText()));
        return new Told(accepted.path("message"), end, reading.text());
    }

    private Told cancel(String said, int afterMillis) throws InterruptedException {
        Answer accepted = say(said, "Prefer", "respond-async");
        require(accepted, 202);
        TimeUnit.MILLISECONDS.sleep(afterMillis);
        String reply = path(accepted.reply().path("id").asText());
        Answer cancelled = client.ask(to -> to.postLater(reply + "/cancel", ""));
        require(cancelled, 200);
        return new Told(accepted.json().path("message"), cancelled.json(), null);
    }

    private JsonNode reply(String id) throws InterruptedException {
        Answer found = client.get(path(id));
        require(found, 200);
        return found.json();
    }

    private String path(String reply) {
        return chat + "/messages/" + reply;
    }

    private static void require(Answer answer, int status) {
        if (answer.status() != status) {
            throw new AssertionError("%d: %s".formatted(answer.status(), answer.text()));
        }
    }
}
