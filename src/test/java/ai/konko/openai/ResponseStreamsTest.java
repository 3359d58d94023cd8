package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client.Answer;
import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.fake.FakeModel.Reply;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Responses as they are written, and read again from where a client was. */
@QuarkusTest
class ResponseStreamsTest extends SdkTest {
    private static final List<String> WHOLE =
            List.of(
                    "response.created",
                    "response.in_progress",
                    "response.output_item.added",
                    "response.content_part.added",
                    "response.output_text.delta",
                    "response.output_text.done",
                    "response.content_part.done",
                    "response.output_item.done",
                    "response.completed");

    @Test
    void stream_hasOpenAisEventsInOrder() {
        model.answer(_ -> Reply.text("Hello \ud83d\ude00, how are you?"));

        List<ResponseStreamEvent> events = events(say("hello"));

        assertThat(types(events)).isEqualTo(WHOLE);
        assertThat(numbers(events)).isSorted().doesNotHaveDuplicates().startsWith(0L, 1L, 2L, 3L);
        assertThat(deltas(events)).isEqualTo("Hello \ud83d\ude00, how are you?");
        Response completed = events.getLast().asCompleted().response();
        assertThat(text(completed)).isEqualTo(deltas(events));
        assertThat(openai.responses().retrieve(completed.id())).isEqualTo(completed);
    }

    @Test
    void stream_isWhatTheSdksAccumulatorMakesOfIt() {
        ResponseAccumulator accumulator = ResponseAccumulator.create();

        events(say("hello")).forEach(accumulator::accumulate);

        assertThat(text(accumulator.response())).isEqualTo("reply to: hello");
        assertThat(accumulator.response().usage()).isPresent();
    }

    @Test
    void stream_ofAFinishedResponse_isTheSameFromAnyEventOn() {
        model.answer(_ -> Reply.text("Grüße \ud83d\ude00 und mehr"));
        Response response = openai.responses().create(say("hello").build());
        String all = raw(response.id(), "");
        List<Event> events = eventsOf(response.id(), "");

        for (int i = 0; i < events.size(); i++) {
            List<Event> rest = eventsOf(response.id(), "&starting_after=" + number(events.get(i)));
            assertThat(rest).isEqualTo(events.subList(i + 1, events.size()));
        }
        assertThat(raw(response.id(), "")).isEqualTo(all);
    }

    /** The text is one delta there; from in between it is cut where the client has it. */
    @Test
    void stream_fromWithinTheText_losesAndRepeatsNoCharacter() {
        String text = "Grüße \ud83d\ude00 und mehr";
        model.answer(_ -> Reply.text(text));
        Response response = openai.responses().create(say("hello").build());

        for (int offset = 1; offset < text.length(); offset++) {
            Answer rest =
                    client.get(
                            "/v1/responses/%s?stream=true&starting_after=%d"
                                    .formatted(response.id(), 3 + offset));
            if (Character.isLowSurrogate(text.charAt(offset))) {
                assertThat(rest.status()).isEqualTo(422);
            } else {
                assertThat(joined(eventsOf(response.id(), "&starting_after=" + (3 + offset))))
                        .isEqualTo(text.substring(offset));
            }
        }
    }

    @Test
    void stream_thatIsLost_isResumedWhileItIsWritten() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three four").gateAt(2, gate));
        List<Event> before = new ArrayList<>();
        String id;
        try (EventReader first =
                client.postAndFollow("/v1/responses", "{\"input\": \"hello\", \"stream\": true}")) {
            while (joined(before).length() < "one two ".length()) {
                before.addAll(first.next(1));
            }
            id = before.getFirst().data().at("/response/id").asText();
        }
        gate.complete(null);

        List<ResponseStreamEvent> after =
                eventsAgain(
                        ResponseRetrieveParams.builder()
                                .responseId(id)
                                .startingAfter(number(before.getLast())));

        assertThat(joined(before) + deltas(after)).isEqualTo("one two three four");
        assertThat(numbers(after)).allMatch(number -> number > number(before.getLast()));
        assertThat(types(after)).isEqualTo(WHOLE.subList(4, WHOLE.size()));
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void stream_beyondTheEnd_isRefused() {
        Response response = openai.responses().create(say("hello").build());

        Answer refused =
                client.get("/v1/responses/" + response.id() + "?stream=true&starting_after=1000");

        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().at("/error/param").asText()).isEqualTo("starting_after");
    }

    @Test
    void stream_ofAModelThatFails_endsWithFailed() {
        model.answer(_ -> Reply.status(500, "{}", Map.of()));

        List<ResponseStreamEvent> events = events(say("hello"));

        assertThat(types(events))
                .containsExactly("response.created", "response.in_progress", "response.failed");
        Response failed = events.getLast().asFailed().response();
        assertThat(status(failed)).isEqualTo("failed");
        assertThat(failed.error().orElseThrow().code().asString()).isEqualTo("server_error");
    }

    @Test
    void stream_thatBreaksOff_endsWithFailedAndKeepsTheText() {
        model.answer(_ -> Reply.text("some text that goes on").thenCut(2));

        List<ResponseStreamEvent> events = events(say("hello"));

        Response failed = events.getLast().asFailed().response();
        assertThat(text(failed)).isEqualTo("some tex").isEqualTo(deltas(events));
        assertThat(client.get(reply(failed.id())).json().path("finishReason").asText())
                .isEqualTo("interrupted");
    }

    @Test
    void stream_thatIsCancelled_endsWithIncomplete() {
        model.answer(_ -> Reply.text("some text that goes on").thenStall(2));
        Response running = openai.responses().create(say("hello").background(true).build());

        List<Event> events = new ArrayList<>();
        try (EventReader stream =
                client.follow("GET", "/v1/responses/" + running.id() + "?stream=true")) {
            while (joined(events).length() < "some tex".length()) {
                events.addAll(stream.next(1));
            }
            openai.responses().cancel(running.id());
            events.addAll(stream.rest());
        }

        assertThat(events.getLast().name()).isEqualTo("response.incomplete");
        assertThat(events.getLast().data().at("/response/status").asText()).isEqualTo("cancelled");
    }

    @Test
    void stream_ofWhatIsNotStored_stopsTheModelWhenItsClientGoes() {
        model.answer(_ -> Reply.text("some text that goes on").thenStall(2));
        List<Event> events = new ArrayList<>();

        try (EventReader stream =
                client.postAndFollow(
                        "/v1/responses",
                        "{\"input\": \"hello\", \"stream\": true, \"store\": false}")) {
            while (joined(events).length() < "some tex".length()) {
                events.addAll(stream.next(1));
            }
        }

        assertThat(model.calls().getFirst().closed()).succeedsWithin(5, TimeUnit.SECONDS);
    }

    @Test
    void stream_ofWhatIsStored_goesOnWhenItsClientGoes() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three").gateAt(1, gate));
        List<Event> events = new ArrayList<>();

        try (EventReader stream =
                client.postAndFollow("/v1/responses", "{\"input\": \"hello\", \"stream\": true}")) {
            events.addAll(stream.next(5));
        }
        gate.complete(null);
        String id = events.getFirst().data().at("/response/id").asText();

        assertThat(joined(eventsOf(id, ""))).isEqualTo("one two three");
    }

    private String raw(String id, String query) {
        return client.get("/v1/responses/" + id + "?stream=true" + query).text();
    }

    private List<Event> eventsOf(String id, String query) {
        try (EventReader stream =
                client.follow("GET", "/v1/responses/" + id + "?stream=true" + query)) {
            return stream.rest();
        }
    }

    private static long number(Event event) {
        return event.data().path("sequence_number").asLong();
    }

    private static String joined(List<Event> events) {
        return events.stream()
                .filter(event -> event.name().equals("response.output_text.delta"))
                .map(event -> event.data().path("delta").asText())
                .collect(Collectors.joining());
    }
}
