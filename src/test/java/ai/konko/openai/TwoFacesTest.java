package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.EventReader;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** One chat, seen through either API. */
@QuarkusTest
class TwoFacesTest extends SdkTest {

    @Test
    void chatFromV1_isSeenStreamedAndContinuedNatively() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three").gateAt(1, gate));
        String conversation = openai.conversations().create().id();
        Response running =
                openai.responses()
                        .create(say("hello").conversation(conversation).background(true).build());

        List<EventReader.Event> events;
        try (EventReader stream = client.follow("GET", reply(running.id()))) {
            stream.untilText(3);
            gate.complete(null);
            events = stream.rest();
        }
        model.answer(call -> Reply.text("to " + call.lastUser()));
        JsonNode next = client.say(chat(conversation), "and?").reply();

        assertThat(events.getLast().data().path("content").asText()).isEqualTo("one two three");
        assertThat(client.get("/chats?limit=1").json().at("/data/0/id").asText())
                .isEqualTo(chat(conversation).substring("/chats/".length()));
        assertThat(next.path("content").asText()).isEqualTo("to and?");
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "hello"),
                        new Message("assistant", "one two three"),
                        new Message("user", "and?"));
    }

    @Test
    void nativeChat_isSeenStreamedAndContinuedUnderV1() {
        String chat = client.chat();
        String chatId = chat.substring("/chats/".length());
        String conversation = "conv_" + chatId.replace("-", "");
        JsonNode reply = client.say(chat, "hello").reply();

        Response read = openai.responses().retrieve(response(chatId, reply.path("id").asText()));
        List<ResponseStreamEvent> events =
                eventsAgain(ResponseRetrieveParams.builder().responseId(read.id()));
        Response next =
                openai.responses().create(say("and?").previousResponseId(read.id()).build());

        assertThat(text(read)).isEqualTo("reply to: hello").isEqualTo(deltas(events));
        assertThat(conversation(read)).isEqualTo(conversation);
        assertThat(conversation(next)).isEqualTo(conversation);
        assertThat(openai.conversations().items().list(conversation).data()).hasSize(4);
        assertThat(client.messages(chat)).hasSize(4);
    }

    @Test
    void failedTurn_retriedNatively_isSeenUnderV1() {
        model.answer(_ -> Reply.text("some text that goes on").thenCut(2));
        List<ResponseStreamEvent> events = events(say("hello"));
        String id = events.getLast().asFailed().response().id();
        model.answer(_ -> Reply.text("whole"));

        client.post(reply(id) + "/retry", "");

        assertThat(text(openai.responses().retrieve(id))).isEqualTo("whole");
        assertThat(status(openai.responses().retrieve(id))).isEqualTo("completed");
    }

    @Test
    void messageWithoutReply_isAnsweredByANativeRetry() {
        String conversation =
                openai.conversations()
                        .create(
                                ConversationCreateParams.builder()
                                        .items(List.of(item("user", "hello")))
                                        .build())
                        .id();
        JsonNode open = client.messages(chat(conversation)).get(1);

        JsonNode answered =
                client.post(
                                chat(conversation)
                                        + "/messages/"
                                        + open.path("id").asText()
                                        + "/retry",
                                "")
                        .reply();

        assertThat(open.path("status").asText()).isEqualTo("incomplete");
        assertThat(answered.path("content").asText()).isEqualTo("reply to: hello");
    }
}
