package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;

/**
 * How long the body of a request may be: {@code konko.limits.body-size}, and at an address that
 * takes attachments as much more as the longest attachment has in base64.
 */
@Singleton
class BodyLimit {
    private static final Pattern WITH_ATTACHMENTS =
            Pattern.compile(
                    "/chats/[^/]+/messages|/v1/(?:responses|chat/completions|conversations(?:/[^/]+/items)?)");

    private final int plain;
    private final int withAttachments;

    BodyLimit(HttpLimits limits) {
        long bytes = limits.bodySize().asLongValue();
        this.plain = Math.toIntExact(bytes);
        this.withAttachments =
                Math.toIntExact(withAttachments(bytes, limits.attachmentSize().asLongValue()));
    }

    /** In base64 four characters stand for three bytes. */
    static long withAttachments(long bodySize, long attachmentSize) {
        return bodySize + (attachmentSize + 2) / 3 * 4;
    }

    /** In bytes, for requests to this path. */
    int of(String path) {
        return WITH_ATTACHMENTS.matcher(path).matches() ? withAttachments : plain;
    }

    /** In bytes, for requests to any path. */
    int longest() {
        return withAttachments;
    }

    static RefusedException tooLarge(int most) {
        return RefusedException.of(
                ErrorCode.TOO_LARGE, "A body may have at most " + most + " bytes.");
    }
}
