package ai.konko.offline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OfflineReplyTest {

    @Test
    void firstMessage_isQuotedAndCalledTheFirst() {
        // Given
        var reply = new OfflineReply(said("Hello there"), false, false);

        // When
        String text = reply.text();

        // Then
        assertThat(text)
                .isEqualTo(
                        """
            I am Konko's offline demonstration model, not a real language model: \
            set OPENAI_API_KEY or OPENAI_BASE_URL for real answers.

            You just said: “Hello there”

            This is the first message I see in this chat.\
            """);
    }

    @Test
    void laterMessage_listsWhatTheUserSaidOldestFirst() {
        // Given
        var prompt =
                List.of(
                        new PromptMessage("user", "My name is Ada.", false),
                        new PromptMessage("assistant", "Noted.", false),
                        new PromptMessage("user", "I live in Turin.", false),
                        new PromptMessage("user", "Good night.", false));

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text)
                .contains(
                        "offline demonstration model, not a real language model", "OPENAI_API_KEY")
                .endsWith(
                        """
                    You just said: “Good night.”

                    Earlier in this chat you said, oldest first:

                    1. “My name is Ada.”
                    2. “I live in Turin.”\
                    """);
    }

    @Test
    void manyMessages_listTheLastTenAndCountTheRest() {
        // Given
        var prompt =
                said(
                        IntStream.rangeClosed(1, 13)
                                .mapToObj(n -> "Message " + n)
                                .toArray(String[]::new));

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text)
                .contains("oldest first (and 2 more before these):\n\n3. “Message 3”\n4. ")
                .endsWith("12. “Message 12”")
                .doesNotContain("“Message 2”");
    }

    @Test
    void elevenMessages_areAllListed() {
        // Given
        var prompt =
                said(
                        IntStream.rangeClosed(1, 11)
                                .mapToObj(n -> "Message " + n)
                                .toArray(String[]::new));

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text).contains("oldest first:\n\n1. “Message 1”\n").endsWith("10. “Message 10”");
    }

    @Test
    void longMessage_isCutWithAnEllipsis() {
        // Given
        var prompt = said("a".repeat(200), "b".repeat(201));

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text).contains("“" + "a".repeat(200) + "”", "“" + "b".repeat(200) + "…”");
    }

    @Test
    void surrogatePairAtTheCut_isLeftOutWhole() {
        // Given
        var prompt = said("a".repeat(199) + "😀" + "b");

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text).contains("“" + "a".repeat(199) + "…”");
    }

    @Test
    void surrogatePairBeforeTheCut_isKept() {
        // Given
        var prompt = said("a".repeat(198) + "😀" + "b");

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text).contains("“" + "a".repeat(198) + "😀…”");
    }

    @Test
    void severalLines_areQuotedOnOne() {
        // Given
        var prompt = said("One\r\n\n# Two\u2028\tThree\n");

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text).contains("You just said: “One # Two Three”");
    }

    @Test
    void instructions_areMentionedAndNotRepeated() {
        // Given
        var prompt =
                List.of(
                        new PromptMessage("system", "Talk like a pirate.", false),
                        new PromptMessage("user", "Hello", false));

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text)
                .contains("I was given instructions", "This is the first message")
                .doesNotContain("pirate");
    }

    @Test
    void promptWithoutUserMessage_saysSo() {
        // Given
        var prompt = List.of(new PromptMessage("system", "Be brief.", false));

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text)
                .contains("offline demonstration model")
                .endsWith("I see no message of yours.");
    }

    @Test
    void question_recallsTheMessageThatSharesMostWords() {
        // Given
        var prompt =
                said(
                        "My favourite colour is teal.",
                        "My favourite dish is soup.",
                        "What is my favourite colour?");

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text).endsWith("\n\nEarlier you said: “My favourite colour is teal.”");
    }

    @Test
    void toString_keepsTheTextOfMessagesOut() {
        // Given
        var request = new CompletionRequest(said("my secret"), false, false, false, false);

        // When
        String shown =
                Stream.of(request, new Recall(List.of("my secret")))
                        .map(Object::toString)
                        .toList()
                        .toString();

        // Then
        assertThat(shown).contains("user", "1 messages").doesNotContain("secret");
    }

    @Test
    void imagesAndFiles_areSaidNotToBeLookedAt() {
        // Given
        var prompt = List.of(new PromptMessage("user", "What is this?", true));

        // When
        String text = new OfflineReply(prompt, false, false).text();

        // Then
        assertThat(text).contains("images or files, which I cannot look at");
    }

    @Test
    void json_isAnObjectThatSaysTheSame() throws IOException {
        // When
        String text = new OfflineReply(said("Hello there"), false, true).text();

        // Then
        assertThat(new ObjectMapper().readTree(text).path("message").asText())
                .contains("offline demonstration model", "asked for JSON", "Hello there");
    }

    private static List<PromptMessage> said(String... texts) {
        return Arrays.stream(texts).map(text -> new PromptMessage("user", text, false)).toList();
    }
}
