package ai.konko.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A stream of server-sent events as a client reads it. Closing it is the client's death. */
public final class EventReader implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpResponse<InputStream> response;
    private final BufferedReader lines;

    EventReader(HttpResponse<InputStream> response) {
        ApiContract.DOCUMENT.check(response, null);
        this.response = response;
        this.lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    /** One event; a comment has the name {@code :}. */
    public record Event(String name, String id, String raw, JsonNode data) {

        public String content() {
            return data.path("content").asText();
        }

        public boolean last() {
            return List.of("completed", "incomplete", "failed").contains(name);
        }
    }

    public int status() {
        return response.statusCode();
    }

    public HttpHeaders headers() {
        return response.headers();
    }

    /** The next event, comments too; null at the end of the stream. */
    public @Nullable Event nextOrComment() {
        try {
            String name = "message";
            String id = "";
            List<String> data = new ArrayList<>();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty() && !data.isEmpty()) {
                    String joined = String.join("\n", data);
                    ApiContract.DOCUMENT.event(response, name, joined);
                    return new Event(name, id, joined, JSON.readTree(joined));
                } else if (line.startsWith(":")) {
                    return new Event(":", "", line, JSON.nullNode());
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("data: ")) {
                    data.add(line.substring(6));
                } else if (!line.isEmpty()) {
                    throw new AssertionError("not a line of an event: " + line);
                }
            }
            return null;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** The next event; null at the end of the stream. */
    public @Nullable Event next() {
        Event event = nextOrComment();
        while (event != null && event.name().equals(":")) {
            event = nextOrComment();
        }
        return event;
    }

    /** The next n events. */
    public List<Event> next(int n) {
        List<Event> events = new ArrayList<>();
        for (Event event = next(); event != null; event = next()) {
            events.add(event);
            if (events.size() == n) {
                return events;
            }
        }
        throw new AssertionError("the stream ended after " + events.size() + " events");
    }

    /** The next events up to and with the delta that makes their text at least this long. */
    public List<Event> untilText(int length) {
        List<Event> events = new ArrayList<>();
        while (joined(events).length() < length) {
            events.addAll(next(1));
        }
        return events;
    }

    /** All events to the end of the stream. */
    public List<Event> rest() {
        List<Event> events = new ArrayList<>();
        for (Event event = next(); event != null; event = next()) {
            events.add(event);
        }
        return events;
    }

    /** The deltas' text. */
    public static String joined(List<Event> events) {
        return events.stream()
                .filter(event -> event.name().equals("delta"))
                .map(Event::content)
                .collect(Collectors.joining());
    }

    @Override
    public void close() {
        try {
            response.body().close();
        } catch (IOException _) {
            // It was broken already.
        }
    }
}
