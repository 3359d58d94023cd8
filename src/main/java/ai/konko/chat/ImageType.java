package ai.konko.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.Optional;

/** The images that models take. */
public enum ImageType {
    PNG("image/png", "\u0089PNG\r\n", 0, ""),
    JPEG("image/jpeg", "\u00FF\u00D8\u00FF", 0, ""),
    GIF("image/gif", "GIF8", 0, ""),
    WEBP("image/webp", "RIFF", 8, "WEBP");

    private final String mediaType;
    private final byte[] first;
    private final int at;
    private final byte[] then;

    ImageType(String mediaType, String first, int at, String then) {
        this.mediaType = mediaType;
        this.first = first.getBytes(ISO_8859_1);
        this.at = at;
        this.then = then.getBytes(ISO_8859_1);
    }

    public String mediaType() {
        return mediaType;
    }

    public static Optional<ImageType> of(String mediaType) {
        return Arrays.stream(values())
                .filter(each -> each.mediaType.equalsIgnoreCase(mediaType))
                .findFirst();
    }

    /** The type that bytes begin as. */
    public static Optional<ImageType> of(byte[] bytes) {
        return Arrays.stream(values()).filter(each -> each.begins(bytes)).findFirst();
    }

    /**
     * Whether the bytes begin as such an image does. One of another type would be refused by the
     * model's provider, and with it each later turn of its chat.
     */
    public boolean begins(byte[] bytes) {
        return has(bytes, 0, first) && has(bytes, at, then);
    }

    private static boolean has(byte[] bytes, int from, byte[] part) {
        int to = from + part.length;
        return bytes.length >= to && Arrays.equals(bytes, from, to, part, 0, part.length);
    }
}
