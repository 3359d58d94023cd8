package ai.konko.offline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The offline model's reply: what it is, and what the user has said. It is always the same for the
 * same prompt.
 */
final class OfflineReply {

    /** How many of the earlier messages are listed, the latest ones; others are counted. */
    static final int LISTED_MESSAGES = 10;

    /** How many UTF-16 units of a message are quoted; an ellipsis stands for the others. */
    static final int QUOTED_UNITS = 200;

    private static final String INTRODUCTION =
            "I am Konko's offline demonstration model, not a real language model: "
                    + "set OPENAI_API_KEY or OPENAI_BASE_URL for real answers.";

    private static final Pattern BLANKS = Pattern.compile("[\\s\\p{Z}\\p{Cc}]+");

    private final boolean instructed;
    private final boolean shown;
    private final boolean tools;
    private final boolean json;
    private final List<String> said;

    /**
     * @param tools whether there are tools to call
     * @param json whether the reply is to be a JSON object
     */
    OfflineReply(List<PromptMessage> prompt, boolean tools, boolean json) {
        instructed = prompt.stream().anyMatch(PromptMessage::isInstruction);
        shown = prompt.stream().anyMatch(PromptMessage::more);
        this.tools = tools;
        this.json = json;
        said =
                prompt.stream()
                        .filter(PromptMessage::isFromUser)
                        .map(PromptMessage::text)
                        .filter(text -> !text.isBlank()) // an image alone
                        .toList();
    }

    /** The reply in Markdown, or as a JSON object of whatever schema. */
    String text() {
        return json
                ? JsonNodeFactory.instance.objectNode().put("message", markdown()).toString()
                : markdown();
    }

    private String markdown() {
        var paragraphs = new ArrayList<String>();
        paragraphs.add(INTRODUCTION);
        if (instructed) {
            paragraphs.add("I was given instructions, which I cannot follow.");
        }
        if (tools) {
            paragraphs.add("I was given tools, which I cannot call.");
        }
        if (shown) {
            paragraphs.add("I was given images or files, which I cannot look at.");
        }
        if (json) {
            paragraphs.add("I was asked for JSON, and this is some, but I know no schema.");
        }
        if (said.isEmpty()) {
            paragraphs.add("I see no message of yours.");
        } else {
            addWhatWasSaid(said.getLast(), said.subList(0, said.size() - 1), paragraphs);
        }
        return String.join("\n\n", paragraphs);
    }

    private static void addWhatWasSaid(
            String latest, List<String> earlier, List<String> paragraphs) {
        paragraphs.add("You just said: " + quote(latest));
        if (earlier.isEmpty()) {
            paragraphs.add("This is the first message I see in this chat.");
            return;
        }
        int unlisted = Math.max(0, earlier.size() - LISTED_MESSAGES);
        paragraphs.add(
                "Earlier in this chat you said, oldest first"
                        + (unlisted == 0 ? ":" : " (and " + unlisted + " more before these):"));
        paragraphs.add(
                IntStream.range(unlisted, earlier.size())
                        .mapToObj(index -> (index + 1) + ". " + quote(earlier.get(index)))
                        .collect(Collectors.joining("\n")));
        new Recall(earlier)
                .answer(latest)
                .ifPresent(found -> paragraphs.add("Earlier you said: " + quote(found)));
    }

    /** On one line and in quotation marks, so that no line of it passes for one of the reply. */
    private static String quote(String text) {
        String line = BLANKS.matcher(text).replaceAll(" ").strip();
        return "“" + (line.length() <= QUOTED_UNITS ? line : cut(line) + "…") + "”";
    }

    private static String cut(String line) {
        boolean splitsPair =
                Character.isSurrogatePair(line.charAt(QUOTED_UNITS - 1), line.charAt(QUOTED_UNITS));
        return line.substring(0, splitsPair ? QUOTED_UNITS - 1 : QUOTED_UNITS);
    }
}
