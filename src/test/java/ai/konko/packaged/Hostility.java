package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.bench.BabblingModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A way to keep others from being served: something that is done over and over, by a number of
 * hands, with a pause after each time.
 */
final class Hostility {
    private static final int MEBIBYTE = 1 << 20;

    /** A preface of HTTP/2 and its settings, and a request's head that does not end. */
    private static final byte[] CONTINUATIONS = continuations(2000);

    private final String name;
    private final int hands;
    private final Duration pause;
    private final Deed deed;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    private interface Deed {
        void doOnce() throws IOException;
    }

    private Hostility(String name, int hands, Duration pause, Deed deed) {
        this.name = name;
        this.hands = hands;
        this.pause = pause;
        this.deed = deed;
    }

    int hands() {
        return hands;
    }

    void untilOver(AtomicBoolean over) {
        while (!over.get() && !Thread.currentThread().isInterrupted()) {
            try {
                deed.doOnce();
                done.incrementAndGet();
            } catch (IOException | CompletionException | CancellationException _) {
                failed.incrementAndGet();
            }
            LockSupport.parkNanos(pause.toNanos());
        }
    }

    @Override
    public String toString() {
        return "%-24s %8d times, %d of them broken off"
                .formatted(name, done.get() + failed.get(), failed.get());
    }

    /**
     * All ways that are known.
     *
     * @param client of the hostile owner
     * @param key its key
     */
    static List<Hostility> all(URI service, Client client, String key) {
        int port = service.getPort();
        String authorized = "Host: x\r\nAuthorization: Bearer " + key + "\r\n";
        String large = largeChat(client);
        String other = client.chat();
        String stalled =
                "POST "
                        + other
                        + "/messages HTTP/1.1\r\n"
                        + authorized
                        + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n100400\r\n"
                        + " ".repeat(MEBIBYTE + 1024)
                        + "\r\n5\r\nab";
        return List.of(
                new Hostility(
                        "endless replies",
                        30,
                        Duration.ofSeconds(1),
                        () -> {
                            String chat = client.chat();
                            client.say(chat, BabblingModel.ENDLESS, "Accept", "text/event-stream");
                            client.delete(chat);
                        }),
                new Hostility(
                        "queues",
                        8,
                        Duration.ofMillis(50),
                        () ->
                                client.say(
                                        client.chat(),
                                        BabblingModel.NEVER,
                                        "Prefer",
                                        "respond-async")),
                new Hostility(
                        "queues in one chat",
                        2,
                        Duration.ofMillis(50),
                        () -> client.say(other, BabblingModel.NEVER, "Prefer", "respond-async")),
                stalling(
                        "stalled bodies", 230, port, stalled.getBytes(StandardCharsets.ISO_8859_1)),
                stalling("silence", 50, port, new byte[0]),
                stalling("half a head", 50, port, bytes("GET /chats HTTP/1.1\r\nHost: x\r\n")),
                unread(
                        "unread pages",
                        200,
                        port,
                        bytes("GET " + large + "/messages HTTP/1.1\r\n" + authorized + "\r\n")),
                unread(
                        "unread Markdown",
                        200,
                        port,
                        bytes(
                                "GET "
                                        + large
                                        + "/messages HTTP/1.1\r\nAccept: text/markdown\r\n"
                                        + authorized
                                        + "\r\n")),
                new Hostility(
                        "searches", 16, Duration.ofMillis(10), () -> client.get("/chats?q=needle")),
                new Hostility(
                        "unknown methods",
                        4,
                        Duration.ofMillis(10),
                        () ->
                                sent(
                                        port,
                                        bytes(
                                                "M"
                                                        + System.nanoTime()
                                                        + "X".repeat(3000)
                                                        + " /chats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))),
                new Hostility(
                        "CONTINUATION frames",
                        2,
                        Duration.ofMillis(20),
                        () -> sent(port, CONTINUATIONS)),
                new Hostility(
                        "goes while it is answered",
                        4,
                        Duration.ofMillis(20),
                        () -> {
                            try (Socket socket = connect(port)) {
                                socket.getOutputStream()
                                        .write(
                                                bytes(
                                                        "GET "
                                                                + large
                                                                + "/messages HTTP/1.1\r\n"
                                                                + authorized
                                                                + "\r\n"));
                                int _ = socket.getInputStream().read();
                                socket.setSoLinger(true, 0);
                            }
                        }),
                new Hostility(
                        "framing",
                        2,
                        Duration.ofMillis(20),
                        () ->
                                sent(
                                        port,
                                        bytes(
                                                "POST /chats HTTP/1.1\r\n"
                                                        + authorized
                                                        + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))));
    }

    /** A chat of some megabytes, in which searches find nothing. */
    private static String largeChat(Client client) {
        String text = "a".repeat(30_000);
        String chat = client.chat();
        for (int i = 0; i < 100; i++) {
            client.say(chat, text);
        }
        return chat;
    }

    /** Connections that send this and no more, and wait for as long as they are let. */
    private static Hostility stalling(String name, int hands, int port, byte[] what) {
        return new Hostility(name, hands, Duration.ofMillis(500), () -> sent(port, what));
    }

    /** Connections that ask, and do not read what they are answered. */
    private static Hostility unread(String name, int hands, int port, byte[] what) {
        return new Hostility(
                name,
                hands,
                Duration.ofMillis(100),
                () -> {
                    try (Socket socket = connect(port)) {
                        socket.getOutputStream().write(what);
                        LockSupport.parkNanos(Duration.ofSeconds(20).toNanos());
                    }
                });
    }

    private static void sent(int port, byte[] what) throws IOException {
        try (Socket socket = connect(port)) {
            socket.getOutputStream().write(what);
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The preface of HTTP/2, settings, and a head that goes on and on in frames of nothing. */
    private static byte[] continuations(int count) {
        byte[] empty = {0, 0, 0, 9, 0, 0, 0, 0, 1};
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        all.writeBytes(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
        all.writeBytes(new byte[] {0, 0, 0, 1, 0, 0, 0, 0, 1});
        for (int i = 0; i < count; i++) {
            all.writeBytes(empty);
        }
        return all.toByteArray();
    }
}
