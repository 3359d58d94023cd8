package ai.konko.store.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and PostgreSQL, and counts what goes over the wire: how often the client
 * sends something after the server has answered, and how often the server says that it is in no
 * transaction any more.
 */
final class RoundTrips implements AutoCloseable {
    /** ReadyForQuery, idle: see "Message Formats" in PostgreSQL's documentation. */
    private static final byte[] IDLE = {'Z', 0, 0, 0, 5, 'I'};

    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int server;
    private final AtomicInteger trips = new AtomicInteger();
    private final AtomicInteger transactions = new AtomicInteger();

    /**
     * @param server the port of the server on this machine
     */
    RoundTrips(int server) throws IOException {
        this.server = server;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    int trips() {
        return trips.get();
    }

    int transactions() {
        return transactions.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = socket.accept();
                Socket behind = new Socket(InetAddress.getLoopbackAddress(), server);
                AtomicBoolean answered = new AtomicBoolean(true);
                Thread.ofVirtual().start(() -> carry(client, behind, () -> sent(answered)));
                int[] matched = {0};
                Thread.ofVirtual()
                        .start(() -> carry(behind, client, () -> answered.set(true), matched));
            }
        } catch (IOException _) {
            // closed
        }
    }

    private void sent(AtomicBoolean answered) {
        if (answered.getAndSet(false)) {
            trips.incrementAndGet();
        }
    }

    private void carry(Socket from, Socket to, Runnable came, int... matched) {
        byte[] buffer = new byte[65_536];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read; (read = in.read(buffer)) > 0; ) {
                came.run();
                for (int i = 0; matched.length > 0 && i < read; i++) {
                    matched[0] = buffer[i] == IDLE[matched[0]] ? matched[0] + 1 : 0;
                    if (matched[0] == IDLE.length) {
                        matched[0] = 0;
                        transactions.incrementAndGet();
                    }
                }
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException _) {
            // one of them has left
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
