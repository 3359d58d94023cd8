package ai.konko.api;

import ai.konko.chat.RefusedException;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Reads ids in addresses. Capitals make no difference (RFC 9562, section 4). An id that is no UUID
 * in the usual form does not exist.
 */
final class PathId {
    private PathId() {}

    static UUID chat(String text) {
        return parse(text, RefusedException::chatNotFound);
    }

    static UUID message(String text) {
        return parse(text, RefusedException::messageNotFound);
    }

    private static UUID parse(String text, Supplier<RefusedException> unknown) {
        try {
            UUID id = UUID.fromString(text);
            if (id.toString().equalsIgnoreCase(text)) {
                return id;
            }
        } catch (IllegalArgumentException _) {
            // unknown, like any other
        }
        throw unknown.get();
    }
}
