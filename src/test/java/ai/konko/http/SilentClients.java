package ai.konko.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Clients that ask, and do not read what they are answered. */
public final class SilentClients implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final URI base;
    private final String key;
    private final List<Socket> sockets = new ArrayList<>();

    SilentClients(URI base, String key) {
        this.base = base;
        this.key = key;
    }

    public void ask(String path, String accept) throws IOException {
        send("GET %s HTTP/1.1\r\nAccept: %s\r\n".formatted(path, accept), "");
    }

    public void post(String path, String body) throws IOException {
        send(
                "POST %s HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                        .formatted(path, body.length()),
                body);
    }

    private void send(String head, String body) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(base.getHost(), base.getPort()));
        String request =
                "%sHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n%s"
                        .formatted(head, key, body);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    /** Waits until the first of them has an answer. */
    public void awaitAnswer() throws IOException {
        sockets.getFirst().setSoTimeout(PATIENCE_MILLIS);
        int first = sockets.getFirst().getInputStream().read();
        if (first != 'H') {
            throw new IOException("not an answer: " + first);
        }
    }

    /**
     * @return how many bytes more there are for the first of them until the service's end of the
     *     connection
     */
    public long rest() throws IOException {
        Socket socket = sockets.getFirst();
        socket.setSoTimeout(PATIENCE_MILLIS);
        long bytes = 0;
        try {
            byte[] buffer = new byte[8192];
            for (int read = 0; read >= 0; read = socket.getInputStream().read(buffer)) {
                bytes += read;
            }
        } catch (SocketException _) {
            // Reset is closed, too.
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        for (Socket each : sockets) {
            each.close();
        }
        sockets.clear();
    }
}
