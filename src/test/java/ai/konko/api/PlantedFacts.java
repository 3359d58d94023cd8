package ai.konko.api;

import static org.awaitility.Awaitility.await;

import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A long chat in which facts are said here and there, and asked for at the end. What the model
 * recalls is what it was sent: in full, in a window, or told by a summary.
 */
public final class PlantedFacts {
    private static final Pattern FACT = Pattern.compile("vault (\\d+) opens with (\\d{6})");
    private static final Pattern ASKED = Pattern.compile("What opens vault (\\d+)\\?");
    private static final Pattern TOLD = Pattern.compile("(?m)^\\[(\\d+)] user: (.*)$");

    private final Client client;
    private final String chat;
    private final int[] codes;

    /**
     * @param memory the chat's, as JSON
     * @param facts how many
     */
    public PlantedFacts(Client client, String memory, int facts) {
        this.client = client;
        this.chat = "/chats/" + client.post("/chats", "{\"memory\": " + memory + "}").id();
        this.codes = new SplittableRandom(29).ints(facts, 100_000, 1_000_000).toArray();
    }

    public String chat() {
        return chat;
    }

    /** Says them evenly in so many turns. */
    public void plant(int turns) {
        for (int i = 0; i < turns; i++) {
            int fact = i * codes.length / turns;
            boolean planted = i == 0 || (i - 1) * codes.length / turns != fact;
            client.say(
                    chat,
                    planted
                            ? "Remember that vault %d opens with %d.".formatted(fact, codes[fact])
                            : "Tell me something about the number %d.".formatted(i));
        }
    }

    /** Waits until a summary tells of all that the window has left out. */
    public void settle() {
        await().atMost(Duration.ofMinutes(5))
                .until(
                        () ->
                                !client.get(chat + "/context")
                                        .json()
                                        .path("excluded")
                                        .findValuesAsText("reason")
                                        .contains("window"));
    }

    /** How many of the facts the model knows; asking does not add to the chat. */
    public int recalled() {
        int right = 0;
        for (int i = 0; i < codes.length; i++) {
            String body =
                    Client.write(
                            Map.of(
                                    "input",
                                    "What opens vault %d? Answer with the number alone."
                                            .formatted(i),
                                    "conversation",
                                    "conv_" + chat.substring(7).replace("-", ""),
                                    "store",
                                    false));
            JsonNode answer = client.post("/v1/responses", body).json();
            right += answer.path("output").toString().contains(String.valueOf(codes[i])) ? 1 : 0;
        }
        return right;
    }

    /**
     * A model that knows what it is sent and nothing else, and whose summaries keep the facts that
     * it is told of.
     */
    public static Reply answer(Call call) {
        String last = call.lastUser();
        if (last.startsWith("The summary may have ")) {
            return Reply.text(summary(last));
        }
        Matcher asked = ASKED.matcher(last);
        if (!asked.find()) {
            return Reply.text("It is a fine number, and I could go on about it for a while.");
        }
        String all =
                call.messages().stream()
                        .map(each -> each.content())
                        .collect(Collectors.joining("\n"));
        Matcher fact = FACT.matcher(all);
        while (fact.find()) {
            if (fact.group(1).equals(asked.group(1))) {
                return Reply.text(fact.group(2));
            }
        }
        return Reply.text("I do not know.");
    }

    private static String summary(String material) {
        int next = material.indexOf("\nThe messages to take in:\n");
        StringBuilder summary = new StringBuilder();
        material.substring(0, next)
                .lines()
                .filter(each -> FACT.matcher(each).find())
                .forEach(each -> summary.append(each).append('\n'));
        Matcher told = TOLD.matcher(material.substring(next));
        String first = null;
        while (told.find()) {
            first = first == null ? told.group(1) : first;
            Matcher fact = FACT.matcher(told.group(2));
            if (fact.find()) {
                summary.append(fact.group()).append(" [").append(told.group(1)).append("]\n");
            }
        }
        return summary.isEmpty()
                ? "They talk about numbers [%s].".formatted(first)
                : summary.toString();
    }
}
