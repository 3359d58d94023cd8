package ai.konko.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RecallTest {

    @Test
    void question_findsTheMessageThatSharesMostWords() {
        // Given
        var recall =
                new Recall(List.of("My favourite colour is teal.", "My favourite dish is soup."));

        // When
        var answer = recall.answer("What is my FAVOURITE colour?");

        // Then
        assertThat(answer).contains("My favourite colour is teal.");
    }

    @Test
    void questionWithoutSharedWords_findsNothing() {
        // Given
        var recall = new Recall(List.of("I like what you did with the soup."));

        // When
        var answer = recall.answer("What did you do with the cat?");

        // Then
        assertThat(answer).isEmpty();
    }

    @Test
    void statement_findsNothing() {
        // Given
        var recall = new Recall(List.of("My name is Ada."));

        // When
        var answer = recall.answer("My name is on https://example.org/?q=name now.");

        // Then
        assertThat(answer).isEmpty();
    }

    @Test
    void questionAskedTwice_findsTheLatestStatement() {
        // Given
        var recall =
                new Recall(
                        List.of("My name is Ada.", "Sorry, my name is Eva.", "What is my name?"));

        // When
        var answer = recall.answer("What is my name? One word.");

        // Then
        assertThat(answer).contains("Sorry, my name is Eva.");
    }
}
