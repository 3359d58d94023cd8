package ai.konko.offline;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds the earlier message that most likely answers a question, by the words that they share. */
record Recall(List<String> earlier) {

    /** A mark at the end of a sentence, not inside an address such as {@code /search?q=}. */
    private static final Pattern QUESTION = Pattern.compile("[?？؟](?:\\W|$)");

    /** Shorter words are in too many messages. */
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]{3,}");

    private static final Set<String> INSIGNIFICANT =
            Set.of(
                    """
        about again and any are but can could did does for from has have how know let not please remember
        said say tell that the this told was were what when where which who why will with would you your
        """
                            .split("\\s"));

    /**
     * @return the message that shares the most significant words; among equals a statement, then
     *     the latest; empty if none shares any
     */
    Optional<String> answer(String latest) {
        if (!isQuestion(latest)) {
            return Optional.empty();
        }
        Set<String> asked = significantWords(latest);
        return earlier.stream()
                .map(text -> new Candidate(text, shared(asked, text), !isQuestion(text)))
                .filter(candidate -> candidate.sharedWords > 0)
                .reduce((best, next) -> Candidate.WORTH.compare(best, next) > 0 ? best : next)
                .map(Candidate::text);
    }

    private static long shared(Set<String> asked, String text) {
        return significantWords(text).stream().filter(asked::contains).count();
    }

    private static Set<String> significantWords(String text) {
        return WORD.matcher(text.toLowerCase(Locale.ROOT))
                .results()
                .map(MatchResult::group)
                .filter(word -> !INSIGNIFICANT.contains(word))
                .collect(Collectors.toSet());
    }

    private static boolean isQuestion(String text) {
        return QUESTION.matcher(text).find();
    }

    /** Without the messages, because they must not be logged. */
    @Override
    public String toString() {
        return "Recall[" + earlier.size() + " messages]";
    }

    private record Candidate(String text, long sharedWords, boolean statement) {

        static final Comparator<Candidate> WORTH =
                Comparator.comparingLong(Candidate::sharedWords)
                        .thenComparing(Candidate::statement);

        @Override
        public String toString() {
            return "Candidate[sharedWords=" + sharedWords + ", statement=" + statement + "]";
        }
    }
}
