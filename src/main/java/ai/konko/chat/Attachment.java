package ai.konko.chat;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that a user shows the model. A chat keeps them once, with the media type and the name that
 * they first had there.
 *
 * @param bytes not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Attachment(Attached as, byte[] bytes) {

    /**
     * @param name of a file; null of an image
     */
    public static Attachment of(String mediaType, @Nullable String name, byte[] bytes) {
        return new Attachment(new Attached(id(bytes), mediaType, name, bytes.length), bytes);
    }

    /** The same bytes under another name, or as an image. */
    public Attachment as(String mediaType, @Nullable String name) {
        return new Attachment(new Attached(as.id(), mediaType, name, as.size()), bytes);
    }

    private static String id(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** By their ids; of several with the same bytes, the first. */
    static Map<String, Attachment> byId(Collection<Attachment> all) {
        if (all.isEmpty()) {
            return Map.of();
        }
        Map<String, Attachment> found = new LinkedHashMap<>();
        all.forEach(each -> found.putIfAbsent(each.as().id(), each));
        return found;
    }

    @Override
    public String toString() {
        return "Attachment[size=" + bytes.length + "]";
    }
}
