package ai.konko.store.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and PostgreSQL, and counts what goes over the wire: for how many answers
 * the client waits, and how often the server says that it is in no transaction any more.
 */
final class RoundTrips implements AutoCloseable {
    /** ReadyForQuery, idle: see "Message Formats" in PostgreSQL's documentation. */
    private static final byte[] IDLE = {'Z', 0, 0, 0, 5, 'I'};

    /** Sync: the client waits for all that it has asked for. */
    private static final byte[] SYNC = {'S', 0, 0, 0, 4};

    /** Query: it waits for this one. */
    private static final byte[] QUERY = {'Q', 0, 0, 0};

    /** It goes on at once after that one. */
    private static final byte[] BEGIN = {'Q', 0, 0, 0, 10, 'B', 'E', 'G', 'I', 'N', 0};

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
                client.setTcpNoDelay(true);
                behind.setTcpNoDelay(true);
                carry(
                        client,
                        behind,
                        new Counted(SYNC, trips::incrementAndGet),
                        new Counted(QUERY, trips::incrementAndGet),
                        new Counted(BEGIN, trips::decrementAndGet));
                carry(behind, client, new Counted(IDLE, transactions::incrementAndGet));
            }
        } catch (IOException _) {
            // closed
        }
    }

    /** Some bytes, and what happens each time they have come. */
    private static final class Counted {
        private final byte[] bytes;
        private final Runnable came;
        private int matched;

        Counted(byte[] bytes, Runnable came) {
            this.bytes = bytes;
            this.came = came;
        }

        void next(byte one) {
            matched = one == bytes[matched] ? matched + 1 : one == bytes[0] ? 1 : 0;
            if (matched == bytes.length) {
                matched = 0;
                came.run();
            }
        }
    }

    private static void carry(Socket from, Socket to, Counted... counted) {
        Thread _ = Thread.ofVirtual().start(() -> carryAll(from, to, counted));
    }

    private static void carryAll(Socket from, Socket to, Counted... counted) {
        byte[] buffer = new byte[65_536];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read; (read = in.read(buffer)) > 0; ) {
                for (int i = 0; i < read; i++) {
                    for (Counted each : counted) {
                        each.next(buffer[i]);
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
