package ai.konko.chat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request that adds to the log and that its client may repeat. A repeat adds nothing, whichever
 * process it comes to, because the log keeps digests of the request with what it has added. It has
 * an idempotency key; or its client repeats it by itself, and then says so, because two requests
 * without a key may be equal and yet be meant as two.
 *
 * @param path what it is sent to; a key stands for one request there
 * @param body what it says, or a digest of that
 * @param key its idempotency key, which decides alone if there is one
 * @param retry whether its client says that it has sent it before
 */
public record RepeatableRequest(
        Owner owner, String path, String body, @Nullable String key, boolean retry) {

    /** How long a key stands for its request, at least. */
    public static final Duration KEYS_LIVE = Duration.ofDays(1);

    /** How long after a request without a key its repeats are known. */
    public static final Duration RETRIED_WITHIN = Duration.ofMinutes(1);

    /** The same for requests that are equal but for their key. */
    public UUID digest() {
        return digest(body);
    }

    /** The same for requests that have the same key. */
    public UUID keyDigest() {
        if (key == null) {
            throw new IllegalStateException("a request without a key");
        }
        return digest(key);
    }

    /**
     * @param known the digest of the request that its key stands for
     * @throws RefusedException {@link ErrorCode#IDEMPOTENCY_KEY_REUSED} if that is another one
     */
    public void requireSame(UUID known) {
        if (!known.equals(digest())) {
            throw RefusedException.keyReused();
        }
    }

    private UUID digest(String last) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (String each : new String[] {owner.name(), path, last}) {
                byte[] bytes = each.getBytes(StandardCharsets.UTF_8);
                sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
                sha.update(bytes);
            }
            ByteBuffer digest = ByteBuffer.wrap(sha.digest());
            return new UUID(digest.getLong(), digest.getLong());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    /**
     * What a request has added to the log.
     *
     * @param seq the last message that it has added; 0 if it has made a chat without any
     */
    public record Made(UUID chatId, int seq) {}

    @Override
    public String toString() {
        return "RepeatableRequest[retry=" + retry + "]";
    }
}
