package ai.konko.http;

import java.io.IOException;
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
        Socket socket = new Socket(base.getHost(), base.getPort());
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
