package ai.konko.fake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A fake OpenAI-compatible model server, over real HTTP/1.1 on a loopback port, that misbehaves
 * when told to.
 */
public final class FakeModel implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectWriter ASCII = JSON.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);
    private static final int BACKLOG = 8192;
    private static final List<String> RESOURCES =
            List.of("/chat/completions", "/completions", "/embeddings", "/moderations");

    private final ServerSocket server;
    private final String scheme;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile Function<Call, Reply> behaviour = FakeModel::echo;
    private volatile Ledger ledger = new Ledger();
    private volatile boolean strict = true;
    private final AtomicInteger modelsAsked = new AtomicInteger();
    private volatile Reply.@Nullable Status models;
    private final AtomicLong written = new AtomicLong();

    private FakeModel(ServerSocket server, String scheme) {
        this.server = server;
        this.scheme = scheme;
    }

    /** Starts a server on a free port of 127.0.0.1. */
    public static FakeModel start() {
        return start(ServerSocketFactory.getDefault(), "http");
    }

    /** The same over TLS. */
    public static FakeModel start(SSLContext tls) {
        return start(tls.getServerSocketFactory(), "https");
    }

    private static FakeModel start(ServerSocketFactory sockets, String scheme) {
        try {
            FakeModel model =
                    new FakeModel(
                            sockets.createServerSocket(
                                    0, BACKLOG, InetAddress.ofLiteral("127.0.0.1")),
                            scheme);
            Thread.ofVirtual().name("fake-model-accept").start(model::accept);
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The address to configure a client with: {@code http://127.0.0.1:PORT/v1}. */
    public String baseUrl() {
        return baseUrl("127.0.0.1");
    }

    /** The same by another name of this machine. */
    public String baseUrl(String host) {
        return "%s://%s:%d/v1".formatted(scheme, host, server.getLocalPort());
    }

    /**
     * Sets what happens with each call from now on; the function runs on the thread of the call and
     * may block.
     */
    public void answer(Function<Call, Reply> behaviour) {
        this.behaviour = behaviour;
    }

    /** Whether requests are refused that OpenAI refuses; that is so unless told otherwise. */
    public void strict(boolean refuses) {
        strict = refuses;
    }

    /** Why requests were refused so far. */
    public List<String> refused() {
        return ledger.refused();
    }

    /** Answers requests for the list of models so from now on; null for 404. */
    public void models(Reply.@Nullable Status answer) {
        models = answer;
    }

    /** How often the list of models was asked for, and there was one. */
    public int modelsAsked() {
        return modelsAsked.get();
    }

    /**
     * The requests so far for what the model can do, in order of arrival; requests refused with 404
     * or 400 are not kept.
     */
    public List<Call> calls() {
        return ledger.calls();
    }

    /** How many calls are waiting for the end of their answer. */
    public int inFlight() {
        return ledger.inFlight();
    }

    /** The highest {@link #inFlight()} there has been. */
    public int mostInFlight() {
        return ledger.mostInFlight();
    }

    /** How many bytes of events clients, or their connections' buffers, have taken. */
    public long written() {
        return written.get();
    }

    /** How many connections there have been. */
    public int connections() {
        return connections.get();
    }

    /** Forgets the calls, those still in flight too, and goes back to the default behaviour. */
    public void reset() {
        behaviour = FakeModel::echo;
        ledger = new Ledger();
        strict = true;
        models = null;
        modelsAsked.set(0);
        written.set(0);
    }

    /** Forgets the calls so far, so that they take no memory, and goes on as before. */
    public void forgetCalls() {
        ledger = new Ledger();
    }

    /** Stops listening and closes every connection. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            closeConnections();
        }
    }

    private void closeConnections() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException _) {
                // It was broken already.
            }
        }
    }

    private static Reply echo(Call call) {
        return Reply.text("reply to: " + call.lastUser());
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                sockets.add(socket);
                connections.incrementAndGet();
                Thread.ofVirtual().name("fake-model-connection").start(() -> serve(socket));
            } catch (IOException _) {
                LockSupport.parkNanos(
                        1_000_000); // Closed, or out of file descriptors for the moment.
            }
        }
        closeConnections();
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            Wire wire = new Wire(socket, written);
            while (!socket.isClosed()) {
                handle(wire.read(), wire);
            }
        } catch (IOException | InterruptedException _) {
            // The connection is over.
        } finally {
            sockets.remove(socket);
        }
    }

    private void handle(Request request, Wire wire) throws IOException, InterruptedException {
        String path = request.target().split("\\?", 2)[0];
        if (request.method().equals("GET") && path.endsWith("/models") && models != null) {
            modelsAsked.incrementAndGet();
            wire.send(models.status(), models.headers(), models.body());
            return;
        }
        if (!request.method().equals("POST") || RESOURCES.stream().noneMatch(path::endsWith)) {
            wire.send(
                    404,
                    Map.of(),
                    error("no such path: " + request.method() + " " + request.target()));
            return;
        }
        JsonNode body;
        try {
            body = JSON.readTree(request.body());
        } catch (JsonProcessingException _) {
            wire.send(400, Map.of(), error("the body is not JSON"));
            return;
        }
        boolean judged = strict && request.target().endsWith("/chat/completions");
        String refusal = judged ? OpenAiRules.refusal(body) : null;
        if (refusal != null) {
            ledger.refuse(refusal);
            wire.send(400, Map.of(), error(refusal));
            return;
        }
        hold(
                ledger.open(
                        new Call(
                                body,
                                request.target(),
                                request.headers(),
                                new CompletableFuture<>())),
                wire);
    }

    /**
     * Answers on another thread, while this one reads on, which is how it learns that the client
     * has closed.
     */
    private void hold(Exchange exchange, Wire wire) throws InterruptedException {
        Thread answering =
                Thread.ofVirtual().name("fake-model-answer").start(() -> answer(exchange, wire));
        if (!wire.hasNext()) {
            boolean byClient = !wire.socket.isClosed();
            if (exchange.finish() && byClient) {
                exchange.call().closed().complete(null);
            }
            answering.interrupt();
        }
        answering.join();
    }

    private void answer(Exchange exchange, Wire wire) {
        try {
            switch (decide(exchange.call())) {
                case Reply.Text text -> answer(text, exchange, wire);
                case Reply.Status status -> {
                    exchange.finish();
                    wire.send(status.status(), status.headers(), status.body());
                }
                case Reply.CutBody cut -> {
                    exchange.finish();
                    wire.sendCut(cut.partialBody());
                }
                case Reply.Bytes bytes -> {
                    exchange.finish();
                    wire.send(bytes);
                }
                case Reply.Drop _ -> {
                    exchange.finish();
                    wire.drop();
                }
                case Reply.Hang _ -> silence();
            }
        } catch (IOException | InterruptedException | ExecutionException _) {
            // The client has gone or the server was closed: the reading thread sees to it.
        }
    }

    private Reply decide(Call call) {
        try {
            return Objects.requireNonNull(behaviour.apply(call), "the behaviour gave no reply");
        } catch (RuntimeException | AssertionError e) {
            return Reply.status(500, error("the behaviour of the fake failed: " + e), Map.of());
        }
    }

    private static void answer(Reply.Text text, Exchange exchange, Wire wire)
            throws IOException, InterruptedException, ExecutionException {
        Thread.sleep(text.pace().after());
        if (text.pace().gateAt() == 0) {
            text.pace().pass();
        }
        if (exchange.call().stream()) {
            stream(text, exchange, wire);
        } else {
            String body = completion(text, exchange.call().model());
            exchange.finish();
            wire.send(200, Map.of(), body);
        }
    }

    private static void stream(Reply.Text text, Exchange exchange, Wire wire)
            throws IOException, InterruptedException, ExecutionException {
        String model = exchange.call().model();
        wire.startStream();
        wire.event(
                chunk(
                        model,
                        JSON.createObjectNode().put("role", "assistant").put("content", ""),
                        null));
        wire.flush();
        List<ObjectNode> deltas = text.allDeltas();
        int count = Math.min(deltas.size(), text.fault().deltas());
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                Thread.sleep(text.pace().gap());
            }
            if (i == text.pace().gateAt()) {
                text.pace().pass();
            }
            wire.event(chunk(model, deltas.get(i), null));
            wire.flush();
        }
        if (text.fault().kind() == Fault.Kind.NO_END) {
            wire.event(chunk(model, JSON.createObjectNode(), text.finish()));
            wire.flush();
        }
        if (Set.of(Fault.Kind.STALL, Fault.Kind.NO_END).contains(text.fault().kind())) {
            silence();
        }
        exchange.finish(); // Before the last bytes: a client that has them may call again at once.
        endStream(text, exchange.call(), wire);
    }

    private static void endStream(Reply.Text text, Call call, Wire wire) throws IOException {
        switch (text.fault().kind()) {
            case CUT -> wire.socket.close();
            case GARBAGE -> wire.event("{not json");
            case ERROR_EVENT -> wire.event(error("upstream secret sk-123", "server_error"));
            case NO_FINISH -> wire.event("[DONE]");
            default -> {
                wire.event(chunk(call.model(), JSON.createObjectNode(), text.finish()));
                if (text.usage() != null
                        && call.body().at("/stream_options/include_usage").asBoolean()) {
                    ObjectNode last = envelope("chat.completion.chunk", call.model());
                    last.putArray("choices");
                    wire.event(last.set("usage", text.usage().json()).toString());
                }
                wire.event("[DONE]");
            }
        }
        if (text.fault().kind() != Fault.Kind.CUT) {
            wire.endStream();
        }
    }

    private static void silence() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    private static String completion(Reply.Text text, String model) {
        ObjectNode json = envelope("chat.completion", model);
        ObjectNode choice = json.putArray("choices").addObject().put("index", 0);
        choice.set("message", text.message());
        choice.put("finish_reason", text.finish());
        if (text.usage() != null) {
            json.set("usage", text.usage().json());
        }
        return json.toString();
    }

    private static String chunk(String model, ObjectNode delta, @Nullable String finish) {
        ObjectNode json = envelope("chat.completion.chunk", model);
        ObjectNode choice = json.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.put("finish_reason", finish);
        return ascii(json);
    }

    /** With escapes, so that a delta may be half of a surrogate pair, as real providers send it. */
    private static String ascii(ObjectNode json) {
        try {
            return ASCII.writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode envelope(String object, String model) {
        ObjectNode json = JSON.createObjectNode();
        return json.put("id", "chatcmpl-1")
                .put("object", object)
                .put("created", 0)
                .put("model", model);
    }

    private static String error(String message) {
        return error(message, "invalid_request_error");
    }

    private static String error(String message, String type) {
        ObjectNode json = JSON.createObjectNode();
        json.putObject("error").put("message", message).put("type", type);
        return json.toString();
    }

    /** One message of a request. */
    public record Message(String role, String content) {

        private static Message of(JsonNode json) {
            JsonNode content = json.path("content");
            String text =
                    content.isArray()
                            ? StreamSupport.stream(content.spliterator(), false)
                                    .map(part -> part.path("text").asText())
                                    .collect(Collectors.joining())
                            : content.asText("");
            return new Message(json.path("role").asText(), text);
        }
    }

    /**
     * One recorded request; its target is the one of the request line. Header names are in lower
     * case; {@code closed} completes when the client closes the connection before the end of its
     * answer.
     */
    public record Call(
            JsonNode body,
            String target,
            Map<String, String> headers,
            CompletableFuture<Void> closed) {

        /** The conversation sent, oldest message first. */
        public List<Message> messages() {
            return StreamSupport.stream(body.path("messages").spliterator(), false)
                    .map(Message::of)
                    .toList();
        }

        /** The content of the last message of the user, or an empty string. */
        public String lastUser() {
            return messages().reversed().stream()
                    .filter(message -> message.role().equals("user"))
                    .map(Message::content)
                    .findFirst()
                    .orElse("");
        }

        /** Whether a streaming answer was asked for. */
        public boolean stream() {
            return body.path("stream").asBoolean();
        }

        /** The name of the model asked for. */
        public String model() {
            return body.path("model").asText();
        }
    }

    /** What the server does with a call. */
    public sealed interface Reply {

        /** Answers with this text, as a plain answer or as a stream, whichever was asked for. */
        static Text text(String text) {
            return new Text(
                    text, Pace.NONE, "stop", new Usage(10, 5), Text.pieces(text), Fault.NONE, null);
        }

        /** Answers with more than text. */
        static Text script(Script script) {
            return new Text(
                    "",
                    Pace.NONE,
                    script.finish(),
                    new Usage(10, 5),
                    List.of(),
                    Fault.NONE,
                    script);
        }

        /**
         * Answers with this status, body and headers; the content type is JSON unless the headers
         * say otherwise.
         */
        static Reply status(int status, String body, Map<String, String> headers) {
            return new Status(status, body, headers);
        }

        /** Answers 200 and application/json with this body as it is. */
        static Reply raw(String bytesAfterHeaders) {
            return new Status(200, bytesAfterHeaders, Map.of());
        }

        /** Answers with these bytes, status line and all. */
        static Reply bytes(byte[] bytes) {
            return new Bytes(bytes, false);
        }

        /** The same; their end is the connection's. */
        static Reply bytesUntilTheEnd(byte[] bytes) {
            return new Bytes(bytes, true);
        }

        /** Resets the connection without a byte of answer. */
        static Reply drop() {
            return new Drop();
        }

        /** Never answers. */
        static Reply hang() {
            return new Hang();
        }

        /** Closes the connection after this part of a longer body. */
        static Reply cutBody(String partialBody) {
            return new CutBody(partialBody);
        }

        /** An HTTP answer given as it is. */
        record Status(int status, String body, Map<String, String> headers) implements Reply {}

        /** See {@link Reply#bytes(byte[])}. */
        @SuppressWarnings("ArrayRecordComponent")
        record Bytes(byte[] bytes, boolean thenClose) implements Reply {}

        /** See {@link Reply#drop()}. */
        record Drop() implements Reply {}

        /** See {@link Reply#hang()}. */
        record Hang() implements Reply {}

        /** See {@link Reply#cutBody(String)}. */
        record CutBody(String partialBody) implements Reply {}

        /** An answer in words; the deltas, the gap and the faults only show in a stream. */
        record Text(
                String text,
                Pace pace,
                @Nullable String finish,
                @Nullable Usage usage,
                List<String> deltas,
                Fault fault,
                @Nullable Script script)
                implements Reply {

            private static final int PIECE = 4;

            private List<ObjectNode> allDeltas() {
                return script == null
                        ? deltas.stream()
                                .map(each -> JSON.createObjectNode().put("content", each))
                                .toList()
                        : script.deltas();
            }

            private ObjectNode message() {
                return script == null
                        ? JSON.createObjectNode().put("role", "assistant").put("content", text)
                        : script.message();
            }

            /** Waits this long before the first byte. */
            public Text after(Duration after) {
                return pace(new Pace(after, pace.gap(), pace.gate(), pace.gateAt()));
            }

            /** Waits this long between one delta and the next. */
            public Text gap(Duration gap) {
                return pace(new Pace(pace.after(), gap, pace.gate(), pace.gateAt()));
            }

            /** Holds the answer until this future completes, normally or not. */
            public Text gate(CompletableFuture<?> gate) {
                return gateAt(0, gate);
            }

            /** Holds the stream after n deltas until this future completes, normally or not. */
            public Text gateAt(int n, CompletableFuture<?> gate) {
                return pace(new Pace(pace.after(), pace.gap(), gate, n));
            }

            /** Gives this finish_reason, null for JSON null. */
            public Text finish(@Nullable String reason) {
                return new Text(text, pace, reason, usage, deltas, fault, script);
            }

            /** Reports this usage. */
            public Text usage(int prompt, int completion) {
                return new Text(
                        text, pace, finish, new Usage(prompt, completion), deltas, fault, script);
            }

            /** Reports this usage, with the tokens from the cache and those of reasoning. */
            public Text usage(int prompt, int completion, int cached, int reasoning) {
                Usage all = new Usage(prompt, completion, cached, reasoning);
                return new Text(text, pace, finish, all, deltas, fault, script);
            }

            /** Reports no usage. */
            public Text noUsage() {
                return new Text(text, pace, finish, null, deltas, fault, script);
            }

            /** Streams these deltas instead of pieces of the text. */
            public Text deltas(List<String> pieces) {
                return new Text(text, pace, finish, usage, List.copyOf(pieces), fault, script);
            }

            /** Closes the connection after n deltas. */
            public Text thenCut(int n) {
                return fault(Fault.Kind.CUT, n);
            }

            /** Sends an event which is not JSON after n deltas, and ends the stream. */
            public Text thenGarbage(int n) {
                return fault(Fault.Kind.GARBAGE, n);
            }

            /** Sends an error event after n deltas, and ends the stream. */
            public Text thenErrorEvent(int n) {
                return fault(Fault.Kind.ERROR_EVENT, n);
            }

            /** Stays silent after n deltas until the client closes. */
            public Text thenStall(int n) {
                return fault(Fault.Kind.STALL, n);
            }

            /** Ends the stream after the last delta, with no finish_reason and no usage. */
            public Text noFinish() {
                return fault(Fault.Kind.NO_FINISH, Integer.MAX_VALUE);
            }

            /** Gives the finish_reason and then stays silent until the client closes. */
            public Text noEnd() {
                return fault(Fault.Kind.NO_END, Integer.MAX_VALUE);
            }

            private Text pace(Pace changed) {
                return new Text(text, changed, finish, usage, deltas, fault, script);
            }

            private Text fault(Fault.Kind kind, int n) {
                return new Text(text, pace, finish, usage, deltas, new Fault(kind, n), script);
            }

            private static List<String> pieces(String text) {
                List<String> pieces = new ArrayList<>();
                int[] points = text.codePoints().toArray();
                for (int i = 0; i < points.length; i += PIECE) {
                    pieces.add(new String(points, i, Math.min(PIECE, points.length - i)));
                }
                return List.copyOf(pieces);
            }
        }
    }

    /** The simulated time an answer takes. */
    public record Pace(Duration after, Duration gap, CompletableFuture<?> gate, int gateAt) {

        private static final Pace NONE =
                new Pace(Duration.ZERO, Duration.ZERO, CompletableFuture.completedFuture(null), 0);

        private void pass() throws InterruptedException, ExecutionException {
            gate.handle((_, _) -> true).get();
        }
    }

    /** The tokens an answer is said to have taken. */
    public record Usage(int prompt, int completion, int cached, int reasoning) {

        public Usage(int prompt, int completion) {
            this(prompt, completion, 0, 0);
        }

        private ObjectNode json() {
            ObjectNode json =
                    JSON.createObjectNode()
                            .put("prompt_tokens", prompt)
                            .put("completion_tokens", completion)
                            .put("total_tokens", prompt + completion);
            if (cached > 0) {
                json.putObject("prompt_tokens_details").put("cached_tokens", cached);
            }
            if (reasoning > 0) {
                json.putObject("completion_tokens_details").put("reasoning_tokens", reasoning);
            }
            return json;
        }
    }

    /** How a stream goes wrong, and after how many deltas. */
    public record Fault(Kind kind, int deltas) {

        private static final Fault NONE = new Fault(Kind.NONE, Integer.MAX_VALUE);

        /** The ways a stream can go wrong. */
        public enum Kind {
            NONE,
            CUT,
            GARBAGE,
            ERROR_EVENT,
            STALL,
            NO_FINISH,
            NO_END
        }
    }

    /** The calls since the last reset. */
    private static final class Ledger {

        private final List<Call> calls = new ArrayList<>();
        private final List<String> refused = new ArrayList<>();
        private int inFlight;
        private int mostInFlight;

        synchronized Exchange open(Call call) {
            calls.add(call);
            inFlight++;
            mostInFlight = Math.max(mostInFlight, inFlight);
            return new Exchange(call, this, new AtomicBoolean());
        }

        synchronized void refuse(String why) {
            refused.add(why);
        }

        synchronized List<String> refused() {
            return List.copyOf(refused);
        }

        synchronized void leave() {
            inFlight--;
        }

        synchronized List<Call> calls() {
            return List.copyOf(calls);
        }

        synchronized int inFlight() {
            return inFlight;
        }

        synchronized int mostInFlight() {
            return mostInFlight;
        }
    }

    /** A call and whether it still waits for the end of its answer. */
    private record Exchange(Call call, Ledger ledger, AtomicBoolean finished) {

        /** Ends the wait; false if it had ended before. */
        boolean finish() {
            boolean first = finished.compareAndSet(false, true);
            if (first) {
                ledger.leave();
            }
            return first;
        }
    }

    private record Request(
            String method, String target, Map<String, String> headers, String body) {}

    /** HTTP/1.1 on one connection; one thread reads while another may write. */
    private static final class Wire {

        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private final AtomicLong written;
        private boolean last;

        Wire(Socket socket, AtomicLong written) throws IOException {
            this.socket = socket;
            this.written = written;
            this.in = new BufferedInputStream(socket.getInputStream());
            this.out = new BufferedOutputStream(socket.getOutputStream());
        }

        Request read() throws IOException {
            String[] words = line().split(" ", -1);
            if (words.length != 3) {
                throw new IOException("not a request line");
            }
            Map<String, String> headers = headers();
            last = headers.getOrDefault("connection", "").equalsIgnoreCase("close");
            return new Request(words[0], words[1], headers, body(headers));
        }

        /** Waits for the next request to begin; false if the connection ends instead. */
        boolean hasNext() {
            try {
                in.mark(1);
                if (in.read() < 0) {
                    return false;
                }
                in.reset();
                return true;
            } catch (IOException _) {
                return false;
            }
        }

        void send(int status, Map<String, String> headers, String body) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            head(status, headers, "Content-Length", String.valueOf(bytes.length));
            out.write(bytes);
            end();
        }

        void send(Reply.Bytes answer) throws IOException {
            out.write(answer.bytes());
            last |= answer.thenClose();
            end();
        }

        void sendCut(String partialBody) throws IOException {
            byte[] bytes = partialBody.getBytes(StandardCharsets.UTF_8);
            head(200, Map.of(), "Content-Length", String.valueOf(bytes.length + 1000));
            out.write(bytes);
            last = true;
            end();
        }

        void startStream() throws IOException {
            head(200, Map.of("Content-Type", "text/event-stream"), "Transfer-Encoding", "chunked");
        }

        void event(String data) throws IOException {
            byte[] bytes = ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
            ascii(Integer.toHexString(bytes.length) + "\r\n");
            out.write(bytes);
            ascii("\r\n");
            written.addAndGet(bytes.length);
        }

        void endStream() throws IOException {
            ascii("0\r\n\r\n");
            end();
        }

        void flush() throws IOException {
            out.flush();
        }

        void drop() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        private void end() throws IOException {
            out.flush();
            if (last) {
                socket.close();
            }
        }

        private void head(int status, Map<String, String> headers, String name, String value)
                throws IOException {
            Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            all.put("Content-Type", "application/json");
            all.putAll(headers);
            all.put(name, value);
            StringBuilder head =
                    new StringBuilder(
                            "HTTP/1.1 " + status + (status == 200 ? " OK\r\n" : " Error\r\n"));
            all.forEach((key, text) -> head.append(key).append(": ").append(text).append("\r\n"));
            ascii(head.append("\r\n").toString());
        }

        private void ascii(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        private Map<String, String> headers() throws IOException {
            Map<String, String> headers = new TreeMap<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                String[] parts = line.split(":", 2);
                if (parts.length != 2) {
                    throw new IOException("not a header");
                }
                headers.merge(
                        parts[0].toLowerCase(Locale.ROOT),
                        parts[1].strip(),
                        (a, b) -> a + ", " + b);
            }
            return Map.copyOf(headers);
        }

        private String body(Map<String, String> headers) throws IOException {
            if (!headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
                return new String(
                        bytes(Integer.parseInt(headers.getOrDefault("content-length", "0"))),
                        StandardCharsets.UTF_8);
            }
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = chunkSize(); size > 0; size = chunkSize()) {
                body.write(bytes(size));
                line();
            }
            headers(); // The trailers.
            return body.toString(StandardCharsets.UTF_8);
        }

        private int chunkSize() throws IOException {
            return Integer.parseInt(line().split(";", 2)[0].strip(), 16);
        }

        private byte[] bytes(int count) throws IOException {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new EOFException();
            }
            return bytes;
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw new EOFException();
                }
                line.write(b);
            }
            return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
        }
    }
}
