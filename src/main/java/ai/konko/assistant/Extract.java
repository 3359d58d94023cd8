package ai.konko.assistant;

import ai.konko.chat.Highlights.Point;
import ai.konko.chat.Message;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Highlights without a model: the sentences whose words the conversation uses most, after H. P.
 * Luhn, "The automatic creation of literature abstracts" (1958). Words of fewer than four letters
 * count nothing.
 */
final class Extract {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]{4,}");
    private static final int LONGEST_SENTENCE = 300;

    /** How much of a message is read, in UTF-16 units, and of how many of the newest messages. */
    private static final int READ = 4000;

    private static final int MESSAGES = 100;

    private Extract() {}

    private record Sentence(String text, Message message, int place, Set<String> words) {

        /** Whether the other sentence has hardly a word of its own. */
        boolean says(Sentence other) {
            long shared = other.words().stream().filter(words::contains).count();
            return text.equals(other.text())
                    || (!other.words().isEmpty() && shared * 4 > other.words().size() * 3L);
        }
    }

    /**
     * @return at most {@code most} sentences, in the chat's order
     */
    static List<Point> of(List<Message> messages, int most) {
        List<Sentence> sentences = new ArrayList<>();
        for (Message message :
                messages.subList(Math.max(0, messages.size() - MESSAGES), messages.size())) {
            sentences(message, sentences);
        }
        Map<String, Integer> frequency = new HashMap<>();
        sentences.forEach(
                sentence ->
                        sentence.words().forEach(word -> frequency.merge(word, 1, Integer::sum)));
        return sentences.stream()
                .sorted(Comparator.comparingDouble(sentence -> -weight(sentence, frequency)))
                .filter(sentence -> isNew(sentence, sentences))
                .limit(most)
                .sorted(Comparator.comparingInt(Sentence::place))
                .map(sentence -> new Point(sentence.text(), sentence.message().id()))
                .toList();
    }

    /** The first message that has a sentence is cited, not one that repeats it. */
    private static boolean isNew(Sentence sentence, List<Sentence> inOrder) {
        return inOrder.subList(0, sentence.place()).stream()
                .noneMatch(earlier -> earlier.says(sentence));
    }

    private static void sentences(Message message, List<Sentence> into) {
        String text = cut(message.content(), READ);
        BreakIterator breaks = BreakIterator.getSentenceInstance(Locale.ROOT);
        breaks.setText(text);
        int start = breaks.first();
        for (int end = breaks.next(); end != BreakIterator.DONE; start = end, end = breaks.next()) {
            String sentence =
                    cut(
                            text.substring(start, end).strip().replaceAll("\\s+", " "),
                            LONGEST_SENTENCE);
            if (!sentence.isEmpty()) {
                into.add(new Sentence(sentence, message, into.size(), words(sentence)));
            }
        }
    }

    private static Set<String> words(String sentence) {
        Set<String> words = new HashSet<>();
        Matcher matcher = WORD.matcher(sentence.toLowerCase(Locale.ROOT));
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }

    /**
     * Luhn's square of the significant words over the length, with the words' frequency as their
     * significance.
     */
    private static double weight(Sentence sentence, Map<String, Integer> frequency) {
        double sum =
                sentence.words().stream().mapToInt(word -> frequency.getOrDefault(word, 0)).sum();
        return sum * sum / (sentence.words().size() + 3);
    }

    /**
     * @return the text, or its start with an ellipsis; never half a surrogate pair
     */
    static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
        return text.substring(0, end) + "…";
    }
}
