package ai.konko.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Texts as people write them, as far as an index can tell: words that are made of English letter
 * combinations, some of them in nearly every text and most of them rare, by Zipf's law. The letters
 * come from the project's own documents.
 */
public final class Vocabulary {
    private static final int WORDS = 30_000;
    private static final int LONGEST_WORD = 12;

    /** Drawn from evenly, so that drawing a word is quick. */
    private static final int DRAWS = 1 << 20;

    private final List<String> words;
    private final String[] draws = new String[DRAWS];

    private Vocabulary(Set<String> words) {
        this.words = List.copyOf(words);
        double all = 0;
        for (int rank = 1; rank <= WORDS; rank++) {
            all += 1.0 / rank;
        }
        double sum = 0;
        int drawn = 0;
        for (int rank = 1; rank <= WORDS; rank++) {
            sum += 1.0 / rank;
            while (drawn < DRAWS && drawn <= sum / all * DRAWS) {
                draws[drawn++] = this.words.get(rank - 1);
            }
        }
    }

    /** The same each time, for the same documents. */
    public static Vocabulary english(Random random) throws IOException {
        StringBuilder known = new StringBuilder();
        try (Stream<Path> documents = Files.list(Path.of("src/docs"))) {
            for (Path each :
                    documents.filter(path -> path.toString().endsWith(".md")).sorted().toList()) {
                known.append(Files.readString(each));
            }
        }
        Map<String, List<Character>> next = new HashMap<>();
        Pattern.compile("\\b[a-z]{2,}\\b")
                .matcher(known)
                .results()
                .map(MatchResult::group)
                .forEach(word -> learn(word, next));
        Set<String> words = new LinkedHashSet<>();
        while (words.size() < WORDS) {
            words.add(word(random, next));
        }
        return new Vocabulary(words);
    }

    /** Which letter comes after which two; a space begins and ends a word. */
    private static void learn(String word, Map<String, List<Character>> next) {
        String spaced = "  " + word + " ";
        for (int i = 2; i < spaced.length(); i++) {
            next.computeIfAbsent(spaced.substring(i - 2, i), _ -> new ArrayList<>())
                    .add(spaced.charAt(i));
        }
    }

    private static String word(Random random, Map<String, List<Character>> next) {
        StringBuilder word = new StringBuilder("  ");
        while (word.length() < LONGEST_WORD + 2) {
            List<Character> letters =
                    next.getOrDefault(word.substring(word.length() - 2), List.of());
            char letter = letters.get(random.nextInt(letters.size()));
            if (letter == ' ') {
                break;
            }
            word.append(letter);
        }
        return word.substring(2);
    }

    /**
     * @param rank 1 is the most frequent
     */
    public String word(int rank) {
        return words.get(rank - 1);
    }

    /** Sentences of at least so many characters in all. */
    public String text(Random random, int characters) {
        StringBuilder text = new StringBuilder(characters + 20);
        boolean begins = true;
        while (text.length() < characters) {
            int start = text.length();
            text.append(draws[random.nextInt(DRAWS)]);
            if (begins) {
                text.setCharAt(start, Character.toUpperCase(text.charAt(start)));
            }
            begins = random.nextInt(12) == 0;
            text.append(begins ? ". " : " ");
        }
        text.setLength(text.length() - 1);
        return text.toString();
    }

    /**
     * A word that no text has, of letter combinations that texts do have.
     *
     * @param random for another one each time
     */
    public String missing(Random random) {
        while (true) {
            String made = word(1 + random.nextInt(WORDS)) + word(1 + random.nextInt(WORDS));
            if (made.length() > LONGEST_WORD + 2) {
                return made;
            }
        }
    }
}
