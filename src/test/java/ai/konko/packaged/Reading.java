package ai.konko.packaged;

import ai.konko.api.EventReader;
import ai.konko.api.EventReader.Event;
import ai.konko.packaged.Replicas.Replica;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A reply's stream as somebody reads it piece by piece, at one replica after the other. */
final class Reading {
    private final StringBuilder text = new StringBuilder();
    private @Nullable JsonNode accepted;
    private @Nullable JsonNode end;
    private @Nullable Replica readAt;

    /** Reads until there is so much text, or the end. */
    void take(EventReader events, int most) {
        for (Event event = events.next(); event != null; event = events.next()) {
            if (event.name().equals("accepted")) {
                accepted = event.data();
            } else if (event.name().equals("delta")) {
                text.append(event.content());
                if (!event.id().equals(Integer.toString(text.length()))) {
                    throw new AssertionError(
                            "a delta has id %s, but there are %d characters"
                                    .formatted(event.id(), text.length()));
                }
            } else if (event.last()) {
                end = event.data();
            }
            if (end != null || text.length() >= most) {
                return;
            }
        }
    }

    /** Forgets the text. */
    void begin() {
        text.setLength(0);
    }

    int length() {
        return text.length();
    }

    String text() {
        return text.toString();
    }

    boolean isAccepted() {
        return accepted != null;
    }

    /** The turn as it was accepted. */
    JsonNode accepted() {
        return Objects.requireNonNull(accepted);
    }

    boolean isOver() {
        return end != null;
    }

    /** The reply at its end. */
    JsonNode end() {
        return Objects.requireNonNull(end);
    }

    @Nullable Replica readAt() {
        return readAt;
    }

    void readAt(Replica replica) {
        readAt = replica;
    }
}
