package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Post;
import ai.konko.chat.Settings;
import ai.konko.chat.WhenBusy;
import ai.konko.chat.Written;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.http.OpenAiProblem;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A reply that the log gave up, since those who ran it were stopped again and again. */
@QuarkusTest
class GivenUpTest extends HttpTest {
    @Inject ChatRepository repository;

    @Test
    void postRepeated_afterItsReplyWasGivenUp_isInterruptedUntilTheReplyIsRetried() {
        model.answer(_ -> Reply.text("at last"));
        Message reply = givenUp();
        String chat = "/chats/" + reply.chatId();

        Answer repeated = client.say(chat, "hello", "Idempotency-Key", "key");
        Answer retried = client.post(chat + "/messages/" + reply.id() + "/retry", "");
        Answer again = client.say(chat, "hello", "Idempotency-Key", "key");

        assertThat(repeated.status()).isEqualTo(503);
        assertThat(repeated.code()).isEqualTo("interrupted");
        assertThat(repeated.json().path("type").asText())
                .isEqualTo("urn:konko:problem:interrupted");
        assertThat(repeated.json().path("replyId").asText()).isEqualTo(reply.id().toString());
        assertThat(repeated.json().path("detail").asText()).isEqualTo("Retry the reply.");
        assertThat(repeated.header("Retry-After")).as("time alone does not help").isEmpty();
        assertThat(retried.reply().path("content").asText()).isEqualTo("at last");
        assertThat(again.reply()).isEqualTo(retried.reply());
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void openAiProblem_ofAReplyThatWasGivenUp_isAnErrorOfTheServer() {
        OpenAiProblem.OpenAiError error = OpenAiProblem.of(givenUp()).error();

        assertThat(error.code()).isEqualTo("interrupted");
        assertThat(error.type()).isEqualTo("server_error");
    }

    private Message givenUp() {
        UUID chat = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        Post post = new Post("hello", WhenBusy.ENQUEUE, "key", false);
        UUID reply = repository.accept(chat, post).turn().reply().id();
        repository.start(chat, "m");
        Failure failure = Failure.of(ErrorCode.INTERRUPTED, "Retry the reply.");
        return repository.finish(chat, reply, 1, Outcome.brokenOff(Written.of(""), failure));
    }
}
