package ai.konko.assistant;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the provider on its way to a client. The model's event loop puts parts in, the
 * client's takes them out. If the client takes them more slowly than they come, no more of the
 * answer is read, so little of it is ever here.
 *
 * <p>{@code lock} guards all fields that are neither final nor volatile; nothing foreign is called
 * under it.
 */
public final class PassedAnswer {
    /** With so many bytes the model waits for the client. */
    static final int MOST_HELD = 32 * 1024;

    private final CompletableFuture<@Nullable Void> begun = new CompletableFuture<>();
    private volatile String contentType = "application/json";
    private volatile boolean events;
    private volatile boolean whole;
    private volatile @Nullable ProviderError error;

    private final Object lock = new Object();
    private final Queue<Buffer> parts = new ArrayDeque<>();
    private int held;
    private @Nullable Runnable more;
    private @Nullable Runnable paused;
    private boolean closed;

    /**
     * @return completes when the client is to get what there is: the first event, or so much of an
     *     answer that the rest can't be waited for. Never, if the answer is over before that.
     */
    public CompletableFuture<@Nullable Void> begun() {
        return begun;
    }

    /** Whether the answer is a stream of events, of which each part has whole ones. */
    public boolean isEvents() {
        return events;
    }

    /** The media type of the answer. */
    public String contentType() {
        return contentType;
    }

    /** Whether the answer has come to its proper end, once the turn is over. */
    public boolean isWhole() {
        return whole;
    }

    /**
     * @return why the provider found the request wrong, if it did, once the turn is over
     */
    public @Nullable ProviderError error() {
        return error;
    }

    /**
     * @param action is run, on any thread, when there are parts; it must neither block nor throw
     */
    public void listen(Runnable action) {
        synchronized (lock) {
            more = action;
        }
    }

    /**
     * @return the next part; null if there is none at the moment
     */
    public @Nullable Buffer next() {
        Buffer part;
        Runnable resume = null;
        synchronized (lock) {
            part = parts.poll();
            held -= part == null ? 0 : part.length();
            if (held <= MOST_HELD / 2) {
                resume = paused;
                paused = null;
            }
        }
        if (resume != null) {
            resume.run();
        }
        return part;
    }

    /** Nobody takes parts any more. */
    public void close() {
        synchronized (lock) {
            closed = true;
            parts.clear();
            held = 0;
            more = null;
        }
    }

    void is(String type, boolean ofEvents) {
        contentType = type;
        events = ofEvents;
    }

    void wasWhole() {
        whole = true;
    }

    void refused(@Nullable ProviderError why) {
        error = why;
    }

    /**
     * @param begins whether the client is to get it even if nothing follows
     * @param flow is paused if there is too much, and resumed once there is less
     */
    void add(Buffer part, boolean begins, AnswerReader.Flow flow) {
        Runnable wake;
        boolean full;
        synchronized (lock) {
            if (closed || part.length() == 0) {
                return;
            }
            parts.add(part);
            held += part.length();
            full = held >= MOST_HELD && paused == null;
            if (full) {
                paused = flow::resume;
            }
            wake = more;
        }
        if (full) {
            flow.pause();
        }
        if (begins || full) {
            begun.complete(null);
        }
        if (wake != null) {
            wake.run();
        }
    }

    /**
     * @return how many bytes the client has not taken yet
     */
    int held() {
        synchronized (lock) {
            return held;
        }
    }
}
