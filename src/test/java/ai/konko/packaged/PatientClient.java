package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.packaged.Replicas.Replica;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client as it should be if its replicas may die: it asks again, with the same key, at any of
 * them, until it is answered, and goes on with a stream that has broken off.
 */
final class PatientClient {
    private static final Duration LONGEST_ANSWER = Duration.ofMinutes(1);
    private static final Duration LONGEST_TURN = Duration.ofMinutes(5);
    private static final int LONGEST_PAUSE_MILLIS = 250;

    private final Replicas replicas;
    private final Findings findings;

    PatientClient(Replicas replicas, Findings findings) {
        this.replicas = replicas;
        this.findings = findings;
    }

    /** A request that can be sent to any replica. */
    @FunctionalInterface
    interface Request extends Function<Client, CompletableFuture<Answer>> {}

    /** The answer, unless that is to ask again later. */
    Answer ask(Request request) throws InterruptedException {
        long until = System.nanoTime() + LONGEST_TURN.toNanos();
        while (System.nanoTime() < until) {
            long sent = System.nanoTime();
            try {
                Answer answer =
                        request.apply(replicas.any().client())
                                .get(LONGEST_ANSWER.toSeconds(), TimeUnit.SECONDS);
                if (!isForNow(answer.status()) || answer.json().has("replyId")) {
                    findings.answered(sent);
                    return answer;
                }
            } catch (ExecutionException failed) {
                requireLost(failed.getCause());
            } catch (TimeoutException _) {
                // Asked again, it is answered sooner or not at all.
            }
            pause();
            findings.repeated();
        }
        throw new AssertionError("no answer for " + LONGEST_TURN);
    }

    Answer get(String path) throws InterruptedException {
        return ask(client -> CompletableFuture.supplyAsync(() -> client.get(path)));
    }

    /** Posts, and reads until there is so much text, or the end. */
    Reading post(String chat, String said, String key, int enough) throws InterruptedException {
        Reading reading = new Reading();
        read(
                reading,
                client -> client.sayAndFollow(chat, said, "Idempotency-Key", key),
                enough,
                reading::isAccepted);
        return reading;
    }

    /** Reads on to the end, at another replica than before. Returns the reply as it is then. */
    JsonNode follow(Reading reading, String reply) throws InterruptedException {
        read(
                reading,
                client ->
                        reading.length() == 0
                                ? client.follow("GET", reply)
                                : client.follow(
                                        "GET",
                                        reply,
                                        "Last-Event-ID",
                                        Integer.toString(reading.length())),
                Integer.MAX_VALUE,
                reading::isOver);
        return reading.end();
    }

    private void read(
            Reading reading, Function<Client, EventReader> request, int most, BooleanSupplier done)
            throws InterruptedException {
        long until = System.nanoTime() + LONGEST_TURN.toNanos();
        for (boolean again = false; !done.getAsBoolean(); again = true) {
            if (System.nanoTime() > until) {
                throw new AssertionError("a stream has no end for " + LONGEST_TURN);
            }
            if (again) {
                pause();
                findings.resumed();
            }
            long sent = System.nanoTime();
            Replica replica = replicas.otherThan(reading.readAt());
            reading.readAt(replica);
            try (EventReader events = request.apply(replica.client())) {
                CompletableFuture.delayedExecutor(LONGEST_ANSWER.toSeconds(), TimeUnit.SECONDS)
                        .execute(events::close);
                if (events.status() == 200) {
                    reading.take(events, most);
                    findings.answered(sent);
                } else if (events.status() == 400 && reading.length() > 0) {
                    reading.begin(); // its text was begun anew, and is shorter still
                } else if (!isForNow(events.status())) {
                    throw new AssertionError("a stream is refused: " + events.status());
                }
            } catch (CompletionException failed) {
                requireLost(failed.getCause());
            } catch (UncheckedIOException _) {
                // It has broken off.
            }
        }
    }

    private static boolean isForNow(int status) {
        return status == 503 || status == 429;
    }

    private static void requireLost(@Nullable Throwable cause) {
        if (cause instanceof CompletionException wrapped) {
            requireLost(wrapped.getCause());
        } else if (!(cause instanceof IOException)) {
            throw new AssertionError(cause);
        }
    }

    private static void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(LONGEST_PAUSE_MILLIS));
    }
}
