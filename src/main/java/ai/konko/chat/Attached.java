package ai.konko.chat;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an item says of its attachment, whose bytes the chat keeps by themselves.
 *
 * @param id the SHA-256 of the bytes, in lower-case hexadecimal. So the same bytes are kept once,
 *     and are the same to every replica and every repetition
 * @param mediaType of the bytes, as the client gave it
 * @param name of a file; absent of an image
 * @param size in bytes
 */
public record Attached(String id, String mediaType, @Nullable String name, int size)
        implements Sized {
    public static final int LONGEST_NAME = 255;

    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");

    /** RFC 9110, 8.3.1, without quoted values and tabs, so that none of it is escaped in JSON. */
    private static final Pattern MEDIA_TYPE =
            Pattern.compile("T/T(?: *; *T=T)*".replace("T", "[!#$%&'*+.^_`|~0-9A-Za-z-]+"));

    private static final int LONGEST_MEDIA_TYPE = 255;

    public Attached {
        if (!isId(id) || !isMediaType(mediaType) || (name != null && !isName(name))) {
            throw new IllegalArgumentException("no such attachment can be kept");
        }
    }

    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    public static boolean isMediaType(String text) {
        return text.length() <= LONGEST_MEDIA_TYPE && MEDIA_TYPE.matcher(text).matches();
    }

    /** Whether a file may be called so. */
    public static boolean isName(String text) {
        return !text.isBlank()
                && text.length() <= LONGEST_NAME
                && text.chars().noneMatch(Character::isISOControl)
                && WellFormed.holds(text);
    }

    @Override
    public long characters() {
        return (long) id.length() + mediaType.length() + (name == null ? 0 : name.length());
    }

    @Override
    public String toString() {
        return "Attached[size=" + size + "]";
    }
}
