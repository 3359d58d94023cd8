package ai.konko.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A bare connection, for what no client library would send. */
public final class Wire implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;

    private Wire(Socket socket) {
        this.socket = socket;
    }

    public static Wire to(URI base) throws IOException {
        return to(base, new Socket());
    }

    /** With little room for what nobody reads. */
    public static Wire withLittleRoom(URI base) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        return to(base, socket);
    }

    private static Wire to(URI base, Socket socket) throws IOException {
        socket.connect(new InetSocketAddress(base.getHost(), base.getPort()));
        socket.setSoTimeout(PATIENCE_MILLIS);
        return new Wire(socket);
    }

    /** Sends this, and returns all that comes until the service closes the connection. */
    public static String exchange(URI base, String request) throws IOException {
        try (Wire wire = to(base)) {
            return wire.send(request).rest();
        }
    }

    /** A frame of HTTP/2; one character is one byte. */
    public static String frame(int type, int flags, int stream, String payload) {
        int length = payload.length();
        return ""
                + (char) (length >> 16)
                + (char) ((length >> 8) & 0xff)
                + (char) (length & 0xff)
                + (char) type
                + (char) flags
                + "\0\0"
                + (char) (stream >> 8)
                + (char) (stream & 0xff)
                + payload;
    }

    /** Opens a WebSocket, with this credential. */
    public Wire openSocket(String key) throws IOException {
        String head =
                send("""
                                GET /v1/responses HTTP/1.1\r
                                Host: localhost\r
                                Authorization: Bearer %s\r
                                Upgrade: websocket\r
                                Connection: keep-alive, Upgrade\r
                                Sec-WebSocket-Version: 13\r
                                Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
                                \r
                                """
                                .formatted(key))
                        .until("\r\n\r\n");
        if (!head.startsWith("HTTP/1.1 101")) {
            throw new IOException("refused: " + head);
        }
        return this;
    }

    /** Begins a WebSocket's message of text, in one frame. One character is one byte. */
    public Wire sendFrame(int length, String begin) throws IOException {
        String octets =
                length < 126
                        ? "" + (char) (0x80 + length)
                        : "\u00ff\0\0\0\0"
                                + (char) (length >> 24)
                                + (char) ((length >> 16) & 0xff)
                                + (char) ((length >> 8) & 0xff)
                                + (char) (length & 0xff);
        return send("\u0081" + octets + "\0\0\0\0" + begin);
    }

    /** One character is one byte. */
    public Wire send(String bytes) throws IOException {
        return send(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    public Wire send(byte[] bytes) throws IOException {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (SocketException _) {
            // The service may close before it has read it all.
        }
        return this;
    }

    /** What comes up to and with this text. */
    public String until(String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("closed after: " + text);
            }
            text.append((char) next);
        }
        return text.toString();
    }

    /** All that comes until the service closes the connection. */
    public String rest() throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[8192];
        try {
            for (int read = 0; read >= 0; read = socket.getInputStream().read(buffer)) {
                text.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
            }
        } catch (SocketException _) {
            // Reset is closed, too.
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
