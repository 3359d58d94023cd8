package ai.konko.api;

import ai.konko.chat.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Where a list goes on. It is safe in URLs and bound to its list: its checksum covers what
 * identifies the list and its order. So a cursor of another list, or one that was changed by
 * accident, is refused.
 *
 * @param list what identifies the list and its order
 */
record Cursor(String list) {

    String to(String position) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((checksum(position) + position).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * @param cursor as the client sent it
     * @param parse turns the position into what it stands for; throws IllegalArgumentException if
     *     it can't be one
     * @return null if the client sent none
     */
    <T> @Nullable T from(@Nullable String cursor, Function<String, T> parse) {
        if (cursor == null) {
            return null;
        }
        try {
            String decoded =
                    new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            if (decoded.length() > 8 && to(decoded.substring(8)).equals(cursor)) {
                return parse.apply(decoded.substring(8));
            }
        } catch (IllegalArgumentException _) {
            // not a cursor of ours
        }
        throw RefusedException.invalid("cursor", "is not a cursor of this list");
    }

    private String checksum(String position) {
        CRC32C checksum = new CRC32C();
        checksum.update((list + '\0' + position).getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(checksum.getValue());
    }
}
