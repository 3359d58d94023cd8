package ai.konko.http;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/**
 * What one client is sent as server-sent events, made when its connection has room for more. Used
 * by one thread at a time.
 */
public interface ServerSentEvents {

    /**
     * Begins, and gives out the first events.
     *
     * @param most how many UTF-16 units are given out at once, roughly
     * @param more is run, on any thread, when there is more
     */
    void open(int most, Runnable more, StringBuilder out);

    /**
     * Gives out the events that are ready.
     *
     * @return whether there may be more at once
     */
    boolean next(StringBuilder out);

    /** Whether the last event is out. */
    boolean over();

    /**
     * Whether nothing more comes, although the last event is not out. Then the events of the last
     * {@link #next} are not sent: the client gets them again wherever it goes on.
     */
    boolean left();

    /** Whether the last {@link #next} ended in the middle of an event. */
    boolean insideEvent();

    /** Nobody takes events any more. */
    void close();

    /** The client has gone before the last event. */
    default void abandoned() {}

    /** An answer that is these events. */
    default Response response() {
        return new EventsBody(this).events(MediaType.SERVER_SENT_EVENTS);
    }
}
