package ai.konko.fake;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy that loses the first answer: it waits until there is one, and closes the connection
 * in its place. What comes on later connections it passes on.
 */
public final class DroppingProxy implements AutoCloseable {
    private final ServerSocket server;
    private final URI target;
    private final AtomicInteger connections = new AtomicInteger();

    private DroppingProxy(ServerSocket server, URI target) {
        this.server = server;
        this.target = target;
    }

    public static DroppingProxy to(URI target) throws IOException {
        DroppingProxy proxy =
                new DroppingProxy(
                        new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")), target);
        Thread.ofVirtual().name("proxy-accept").start(proxy::accept);
        return proxy;
    }

    public String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** How many connections there were, which is how many requests if one has one. */
    public int requests() {
        return connections.get();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                boolean drops = connections.incrementAndGet() == 1;
                Thread.ofVirtual().name("proxy-connection").start(() -> serve(client, drops));
            } catch (IOException _) {
                return;
            }
        }
    }

    private void serve(Socket client, boolean drops) {
        try (client;
                Socket upstream = new Socket(target.getHost(), target.getPort())) {
            Thread.ofVirtual().name("proxy-request").start(() -> copy(client, upstream));
            if (drops) {
                int _ = upstream.getInputStream().read();
                client.setSoLinger(true, 0);
            } else {
                copy(upstream, client);
            }
        } catch (IOException _) {
            // The connection is over.
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[8192];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException _) {
            // One of the two has gone.
        }
    }
}
