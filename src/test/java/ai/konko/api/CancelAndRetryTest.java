package ai.konko.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Stopping replies and having them written again. */
@QuarkusTest
class CancelAndRetryTest extends HttpTest {

    @Test
    void cancel_ofAStream_keepsTheTextTellsEverybodyAndStopsTheModel() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.text("some text and more").thenStall(2));
        EventReader stream = client.sayAndFollow(chat, "hello");
        String reply = reply(chat, stream.untilText(8).getFirst());
        EventReader attached = client.follow("GET", reply);
        attached.untilText(8);

        Answer cancelled = client.post(reply + "/cancel", "");

        assertThat(cancelled.status()).isEqualTo(200);
        assertThat(cancelled.json().path("status").asText()).isEqualTo("incomplete");
        assertThat(cancelled.json().path("finishReason").asText()).isEqualTo("cancelled");
        assertThat(cancelled.json().path("content").asText()).isEqualTo("some tex");
        for (EventReader each : List.of(stream, attached)) {
            List<Event> rest = each.rest();
            assertThat(rest).hasSize(1);
            assertThat(rest.getFirst().name()).isEqualTo("incomplete");
            assertThat(rest.getFirst().data()).isEqualTo(cancelled.json());
        }
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(client.messages(chat).getLast()).isEqualTo(cancelled.json());
        assertThat(client.post(reply + "/cancel", "").json()).isEqualTo(cancelled.json());
        model.reset();
        assertThat(client.say(chat, "next").status()).isEqualTo(201);
        assertThat(model.calls().getFirst().messages())
                .contains(new Message("assistant", "some tex"));
    }

    @Test
    void cancel_ofAJsonPost_answersItsPoster() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.hang());
        CompletableFuture<Answer> posted = client.sayLater(chat, "hello");
        await().until(() -> model.inFlight() == 1);
        String reply = reply(client.messages(chat).getLast());

        Answer cancelled = client.post(reply + "/cancel", "");

        assertThat(cancelled.json().path("content").asText("none")).isEmpty();
        assertThat(posted.join().status()).isEqualTo(201);
        assertThat(posted.join().reply()).isEqualTo(cancelled.json());
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
    }

    @Test
    void cancel_ofWhatWaits_leavesTheRestOfTheLine() {
        String chat = client.chat();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(call -> Reply.text("to " + call.lastUser()).gate(gate));
        CompletableFuture<Answer> running = client.sayLater(chat, "runs");
        await().until(() -> model.inFlight() == 1);
        EventReader waiting = client.sayAndFollow(chat, "waits");
        String reply = reply(chat, waiting.next(1).getFirst());
        EventReader last = client.sayAndFollow(chat, "last");

        Answer cancelled = client.post(reply + "/cancel", "");
        gate.complete(null);

        assertThat(cancelled.json().path("finishReason").asText()).isEqualTo("cancelled");
        assertThat(waiting.rest().getLast().data()).isEqualTo(cancelled.json());
        assertThat(running.join().reply().path("content").asText()).isEqualTo("to runs");
        assertThat(EventReader.joined(last.rest())).isEqualTo("to last");
        assertThat(model.calls()).hasSize(2);
    }

    @Test
    void cancelAndRetry_ofWhatIsNoReply_areNotFound() {
        String chat = client.chat();
        String message = client.say(chat, "hello").json().path("message").path("id").asText();

        for (String id : List.of(message, "x")) {
            for (String call : List.of("/cancel", "/retry")) {
                Answer refused = client.post(chat + "/messages/" + id + call, "");
                assertThat(refused.status()).isEqualTo(404);
                assertThat(refused.code()).isEqualTo("message-not-found");
                assertThat(client.post("/chats/x/messages/" + id + call, "").code())
                        .isEqualTo("chat-not-found");
            }
        }
    }

    @Test
    void delete_inMidStream_endsItAsIncomplete() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.text("some text and more").thenStall(2));
        EventReader stream = client.sayAndFollow(chat, "hello");
        stream.untilText(8);
        EventReader waiting = client.sayAndFollow(chat, "waits");
        waiting.next(1);

        assertThat(client.delete(chat).status()).isEqualTo(204);

        Event last = stream.rest().getLast();
        assertThat(last.name()).isEqualTo("incomplete");
        assertThat(last.content()).isEqualTo("some tex");
        assertThat(waiting.rest().getLast().name()).isEqualTo("incomplete");
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void interrupt_inMidStream_keepsTheText() throws Exception {
        String chat = client.chat();
        model.answer(
                call ->
                        call.lastUser().equals("now")
                                ? Reply.text("at once")
                                : Reply.text("some text and more").thenStall(2));
        EventReader stream = client.sayAndFollow(chat, "hello");
        stream.untilText(8);

        Answer now =
                client.post(
                        chat + "/messages", "{\"content\": \"now\", \"whenBusy\": \"interrupt\"}");

        assertThat(now.reply().path("content").asText()).isEqualTo("at once");
        assertThat(stream.rest().getLast().content()).isEqualTo("some tex");
        model.calls().getFirst().closed().get(10, TimeUnit.SECONDS);
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "hello"),
                        new Message("assistant", "some tex"),
                        new Message("user", "now"));
    }

    @Test
    void retry_ofAFailedReply_runsItAgainInItsPlace() {
        String chat = client.chat();
        client.say(chat, "before");
        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        String key = "Idempotency-Key";
        Answer failed = client.say(chat, "hello", key, "k");
        String reply = chat + "/messages/" + failed.json().path("replyId").asText();
        JsonNode old = client.get(reply).json();

        Answer failedAgain = client.post(reply + "/retry", "");
        model.answer(_ -> Reply.text("at last"));
        Answer retried = client.post(reply + "/retry", "");

        assertThat(failedAgain.status()).isEqualTo(502);
        assertThat(failedAgain.json().path("replyId").asText()).isEqualTo(old.path("id").asText());
        assertThat(retried.status()).isEqualTo(201);
        assertThat(retried.reply().path("status").asText()).isEqualTo("completed");
        assertThat(retried.reply().path("content").asText()).isEqualTo("at last");
        assertThat(retried.reply().has("error")).isFalse();
        for (String field : List.of("id", "seq", "createdAt")) {
            assertThat(retried.reply().path(field)).isEqualTo(old.path(field));
        }
        assertThat(client.messages(chat)).hasSize(4);
        assertThat(client.get(reply).json()).isEqualTo(retried.reply());
        Answer repeated = client.say(chat, "hello", key, "k");
        assertThat(repeated.status()).isEqualTo(201);
        assertThat(repeated.reply()).isEqualTo(retried.reply());
        assertThat(model.calls()).hasSize(4);
        assertThat(model.calls().getLast().messages())
                .containsExactly(
                        new Message("user", "before"),
                        new Message("assistant", "reply to: before"),
                        new Message("user", "hello"));
    }

    @Test
    void retry_asStream_discardsTheOldTextAndStartsFromZero() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("the old text").thenCut(2));
        Event old = client.sayAndFollow(chat, "hello").rest().getLast();
        String reply = reply(old.data());
        model.answer(_ -> Reply.text("new and whole"));

        List<Event> events = client.follow("POST", reply + "/retry").rest();

        assertThat(old.content()).isEqualTo("the old ");
        assertThat(events.getFirst().name()).isEqualTo("accepted");
        assertThat(events.getFirst().data().at("/reply/content").asText("none")).isEqualTo("");
        assertThat(events.get(1).id()).isEqualTo("" + events.get(1).content().length());
        assertThat(EventReader.joined(events)).isEqualTo("new and whole");
        assertThat(events.getLast().name()).isEqualTo("completed");
        assertThat(model.calls().getLast().messages())
                .containsExactly(new Message("user", "hello"));
    }

    @Test
    void retry_respondAsync_isAnsweredAtOnce() {
        String chat = client.chat();
        model.answer(_ -> Reply.text("the old text").thenCut(2));
        String reply = reply(client.sayAndFollow(chat, "hello").rest().getLast().data());
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("new").gate(gate));

        Answer accepted = client.post(reply + "/retry", "", "Prefer", "respond-async");
        EventReader stream = client.follow("GET", reply);
        gate.complete(null);

        assertThat(accepted.status()).isEqualTo(202);
        assertThat(accepted.header("Location")).endsWith(reply);
        assertThat(EventReader.joined(stream.rest())).isEqualTo("new");
    }

    @Test
    void retry_ofWhatIsCompletedRunningOrNotTheLast_isRefused() {
        String chat = client.chat();
        String completed = reply(client.say(chat, "hello").reply());
        model.answer(_ -> Reply.text("the old text").thenCut(2));
        String notLast = reply(client.sayAndFollow(chat, "hello").rest().getLast().data());
        model.answer(_ -> Reply.text("stalls").thenStall(1));
        EventReader stream = client.sayAndFollow(chat, "hello");
        String running = reply(chat, stream.untilText(4).getFirst());
        List<JsonNode> before = client.messages(chat);

        for (String reply : List.of(completed, notLast, running)) {
            Answer refused = client.post(reply + "/retry", "");
            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.code()).isEqualTo("not-retryable");
        }

        assertThat(client.messages(chat)).isEqualTo(before);
        client.post(running + "/cancel", "");
        stream.rest();
        model.reset();
        assertThat(client.post(running + "/retry", "").status()).isEqualTo(201);
    }

    private static String reply(String chat, Event accepted) {
        return chat + "/messages/" + accepted.data().at("/reply/id").asText();
    }

    private static String reply(JsonNode message) {
        return "/chats/%s/messages/%s"
                .formatted(message.path("chatId").asText(), message.path("id").asText());
    }
}
