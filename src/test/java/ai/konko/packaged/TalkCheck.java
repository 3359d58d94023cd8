package ai.konko.packaged;

import ai.konko.api.Client.Answer;
import ai.konko.packaged.AskedModel.Ask;
import ai.konko.packaged.Talk.Turn;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What has to hold of a talk that is over: each turn is there once, in one order, which is also
 * each client's; it has ended, and as its client was told; and the model was asked for it with what
 * was said before, and again only because the process was killed that had asked, three times in all
 * at most, see <a href="../../../../../docs/adr/0005-the-log-in-postgresql.md">ADR 5</a>.
 */
final class TalkCheck {
    private static final int RUNS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final PatientClient client;
    private final AskedModel model;
    private final Replicas replicas;
    private final Findings findings;

    TalkCheck(PatientClient client, AskedModel model, Replicas replicas, Findings findings) {
        this.client = client;
        this.model = model;
        this.replicas = replicas;
        this.findings = findings;
    }

    /** Returns the log, which does not change any more. */
    String check(Talk talk, List<Turn> turns) throws InterruptedException {
        JsonNode chat = awaitIdle(talk);
        String text = log(talk.chat()).text();
        Answer page = log(talk.chat());
        require(page.text().equals(text), talk, "two reads of the log differ");
        List<JsonNode> log = list(page.json().path("data"));
        try {
            Load.assertAlternates(log);
        } catch (AssertionError differs) {
            require(false, talk, String.valueOf(differs.getMessage()));
            return text;
        }
        require(chat.path("messageCount").asInt() == log.size(), talk, "counts " + chat);
        require(
                chat.at("/usage/totalTokens").asInt() == tokens(log),
                talk,
                "has other usage than its replies: " + chat);
        turns(talk, turns, log);
        findings.checked(turns.size());
        return text;
    }

    private void turns(Talk talk, List<Turn> turns, List<JsonNode> log) {
        List<String> said = said(log);
        require(
                said.stream()
                        .sorted()
                        .toList()
                        .equals(turns.stream().map(Turn::said).sorted().toList()),
                talk,
                "has not each turn once: " + said);
        Map<Integer, Ask> first = new TreeMap<>();
        for (Turn each : turns) {
            int at = said.indexOf(each.said());
            List<Ask> asks = model.end(each.said());
            if (!asks.isEmpty()) {
                first.put(at, asks.getFirst());
            }
            if (at >= 0) {
                told(each, log.get(2 * at), log.get(2 * at + 1));
                asked(each, log.get(2 * at + 1), asks, context(log, at));
            }
        }
        ordered(talk, turns, said, List.copyOf(first.values()));
    }

    private void ordered(Talk talk, List<Turn> turns, List<String> said, List<Ask> asks) {
        List<Long> asked = asks.stream().map(Ask::at).toList();
        require(isSorted(asked), talk, "asked the model in another order than " + said);
        for (int client : turns.stream().map(Turn::of).distinct().toList()) {
            Stream<Integer> own =
                    turns.stream()
                            .filter(each -> each.of() == client)
                            .map(each -> said.indexOf(each.said()));
            require(isSorted(own.toList()), talk, "is not in its clients' order: " + said);
        }
    }

    private static <T extends Comparable<T>> boolean isSorted(List<T> all) {
        return all.equals(all.stream().sorted().toList());
    }

    private void told(Turn turn, JsonNode message, JsonNode reply) {
        if (turn.message() != null) {
            require(turn.message().equals(message), turn, turn.message() + " became " + message);
        }
        require(turn.reply().equals(reply), turn, turn.reply() + " became " + reply);
        if (turn.streamed() != null) {
            require(
                    turn.streamed().equals(text(reply)),
                    turn,
                    "the stream's text was '%s', but it is %s".formatted(turn.streamed(), reply));
        }
        String whole = AskedModel.text(turn.said());
        boolean cancelled = turn.cancels() && is(reply, "incomplete", "cancelled");
        if (is(reply, "completed", "stop")) {
            require(text(reply).equals(whole), turn, "is not what the model said: " + reply);
        } else if (cancelled) {
            require(whole.startsWith(text(reply)), turn, "is not what the model said: " + reply);
        } else {
            findings.givenUp();
            require(
                    (is(reply, "incomplete", "interrupted")
                                    || reply.at("/error/code").asText().equals("interrupted"))
                            && replicas.killsBetween(turn.posted(), turn.ended()) >= RUNS,
                    turn,
                    "was given up without need: " + reply);
        }
    }

    private void asked(Turn turn, JsonNode reply, List<Ask> asks, List<String> context) {
        require(asks.size() <= RUNS, turn, "the model was asked too often: " + asks);
        require(
                !asks.isEmpty() || !reply.path("status").asText().equals("completed"),
                turn,
                "the model was not asked");
        for (int i = 1; i < asks.size(); i++) {
            Long killed = replicas.killedAt(asks.get(i - 1).replica());
            require(
                    killed != null && killed < asks.get(i).at(),
                    turn,
                    "the model was asked again, but nobody had died (%s): %s"
                            .formatted(killed, asks));
        }
        findings.askedAgain(Math.max(0, asks.size() - 1));
        for (Ask each : asks) {
            require(
                    each.before().equals(context),
                    turn,
                    "the model was sent %s, but it was after %s".formatted(each.before(), context));
        }
    }

    /** What users had said before, as far as it was answered. */
    private static List<String> context(List<JsonNode> log, int turn) {
        return IntStream.range(0, turn)
                .filter(i -> !text(log.get(2 * i + 1)).isEmpty())
                .mapToObj(i -> text(log.get(2 * i)))
                .toList();
    }

    private JsonNode awaitIdle(Talk talk) throws InterruptedException {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            JsonNode chat = client.get(talk.chat()).json();
            if (chat.path("status").asText().equals("idle")) {
                return chat;
            }
            if (System.nanoTime() > until) {
                throw new AssertionError("has turns that do not end: " + chat);
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** All of it, because a talk is short. */
    Answer log(String chat) throws InterruptedException {
        return client.get(chat + "/messages?limit=100");
    }

    private static List<String> said(List<JsonNode> log) {
        return IntStream.range(0, log.size() / 2).mapToObj(i -> text(log.get(2 * i))).toList();
    }

    private static int tokens(List<JsonNode> log) {
        return log.stream().mapToInt(each -> each.at("/usage/totalTokens").asInt()).sum();
    }

    private static String text(JsonNode message) {
        return message.path("content").asText();
    }

    private static boolean is(JsonNode reply, String status, String reason) {
        return reply.path("status").asText().equals(status)
                && reply.path("finishReason").asText().equals(reason);
    }

    private static List<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    private void require(boolean holds, Talk talk, String what) {
        if (!holds) {
            findings.add("%s (%s) %s".formatted(talk.title(), talk.chat(), what));
        }
    }

    private void require(boolean holds, Turn turn, String what) {
        if (!holds) {
            findings.add("'%s': %s".formatted(turn.said(), what));
        }
    }
}
