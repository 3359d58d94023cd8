package ai.konko.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The API as its users see it, over real HTTP. What it answers must be as the document says. */
public final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI base;

    private final List<String> always;

    public Client(URI base) {
        this(base, List.of());
    }

    private Client(URI base, List<String> always) {
        this.base = base;
        this.always = always;
    }

    /** One that sends these credentials with every request. */
    public Client as(String credential) {
        return new Client(base, List.of("Authorization", "Bearer " + credential));
    }

    /** An answer; its body is a missing node where it is not JSON. */
    public record Answer(int status, HttpHeaders headers, String text, JsonNode json) {

        public String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        public String code() {
            return json.path("code").asText();
        }

        public String id() {
            return json.path("id").asText();
        }

        public JsonNode reply() {
            return json.path("reply");
        }
    }

    public Answer get(String path, String... headers) {
        return send(request("GET", path, BodyPublishers.noBody(), headers)).join();
    }

    public Answer delete(String path) {
        return send(request("DELETE", path, BodyPublishers.noBody())).join();
    }

    public Answer post(String path, String body, String... headers) {
        return postLater(path, body, headers).join();
    }

    public CompletableFuture<Answer> postLater(String path, String body, String... headers) {
        return send(request("POST", path, BodyPublishers.ofString(body), json(headers)));
    }

    /** Any method and body, with these headers and no others. */
    public Answer raw(String method, String path, byte[] body, String... headers) {
        return send(request(method, path, BodyPublishers.ofByteArray(body), headers)).join();
    }

    public Answer patch(String path, String body) {
        String[] headers = {"Content-Type", "application/merge-patch+json"};
        return send(request("PATCH", path, BodyPublishers.ofString(body), headers)).join();
    }

    /** Starts a chat and returns its address. */
    public String chat() {
        return "/chats/" + post("/chats", "{}").id();
    }

    public Answer say(String chat, String content, String... headers) {
        return sayLater(chat, content, headers).join();
    }

    public CompletableFuture<Answer> sayLater(String chat, String content, String... headers) {
        return postLater(chat + "/messages", write(Map.of("content", content)), headers);
    }

    /** Posts and follows the reply. */
    public EventReader sayAndFollow(String chat, String content, String... headers) {
        return follow(
                request(
                        "POST",
                        chat + "/messages",
                        BodyPublishers.ofString(write(Map.of("content", content))),
                        events(json(headers))));
    }

    /** Posts this and follows what comes. */
    public EventReader postAndFollow(String path, String body) {
        return follow(request("POST", path, BodyPublishers.ofString(body), events(json())));
    }

    /** Follows a reply, or whatever else this is. */
    public EventReader follow(String method, String path, String... headers) {
        return follow(request(method, path, BodyPublishers.noBody(), events(headers)));
    }

    private EventReader follow(HttpRequest request) {
        return new EventReader(
                http.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream()).join());
    }

    private static String[] events(String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.addAll(List.of("Accept", "text/event-stream"));
        return all.toArray(String[]::new);
    }

    /** The chat's messages, all of them. */
    public List<JsonNode> messages(String chat) {
        List<JsonNode> messages = new ArrayList<>();
        String cursor = "";
        while (cursor != null) {
            JsonNode page = get(chat + "/messages?limit=100" + cursor).json();
            page.path("data").forEach(messages::add);
            String next = page.path("nextCursor").textValue();
            cursor = next == null ? null : "&cursor=" + next;
        }
        return messages;
    }

    public static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }

    private static String[] json(String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.addAll(List.of("Content-Type", "application/json"));
        return all.toArray(String[]::new);
    }

    private HttpRequest request(
            String method, String path, HttpRequest.BodyPublisher body, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(base.resolve(path)).method(method, body);
        for (String[] each : List.of(always.toArray(String[]::new), headers)) {
            if (each.length > 0) {
                request.headers(each);
            }
        }
        return request.build();
    }

    private CompletableFuture<Answer> send(HttpRequest request) {
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .thenApply(
                        response -> {
                            ApiContract.DOCUMENT.check(response, response.body());
                            return new Answer(
                                    response.statusCode(),
                                    response.headers(),
                                    response.body(),
                                    read(response));
                        });
    }

    private static JsonNode read(HttpResponse<String> response) {
        boolean json = response.headers().firstValue("Content-Type").orElse("").contains("json");
        try {
            return JSON.readTree(json ? response.body() : "");
        } catch (IOException notJson) {
            throw new UncheckedIOException(notJson);
        }
    }
}
