package ai.konko.security;

import ai.konko.chat.Owner;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The keys that open the service, held only as their SHA-256. */
final class ApiKeys {
    /** Shorter ones can be guessed. */
    private static final int GOOD_LENGTH = 16;

    private static final Pattern ENTRY =
            Pattern.compile("([A-Za-z0-9._-]{1,64}):([\\x21-\\x2b\\x2d-\\x7e]+)");

    private final List<Key> keys;
    private final int shortOnes;

    @SuppressWarnings("ArrayRecordComponent") // compared by MessageDigest alone
    private record Key(byte[] hash, Owner owner) {}

    private ApiKeys(List<Key> keys, int shortOnes) {
        this.keys = List.copyOf(keys);
        this.shortOnes = shortOnes;
    }

    /**
     * @param text {@code name:key}, with commas or line ends between them
     * @throws IllegalArgumentException if it is anything else, or has a key twice; the message does
     *     not quote it
     */
    static ApiKeys parse(String text) {
        List<Key> keys = new ArrayList<>();
        int shortOnes = 0;
        for (String entry : text.split("[,\\r\\n]", -1)) {
            if (entry.isBlank()) {
                continue;
            }
            Matcher matcher = ENTRY.matcher(entry.strip());
            if (!matcher.matches()) {
                throw new IllegalArgumentException("must be name:key,name:key");
            }
            byte[] hash = hash(matcher.group(2));
            if (find(keys, hash) != null) {
                throw new IllegalArgumentException("has the same key twice");
            }
            keys.add(new Key(hash, new Owner(matcher.group(1))));
            shortOnes += matcher.group(2).length() < GOOD_LENGTH ? 1 : 0;
        }
        return new ApiKeys(keys, shortOnes);
    }

    boolean isEmpty() {
        return keys.isEmpty();
    }

    /** How many keys are too short to be safe. */
    int shortOnes() {
        return shortOnes;
    }

    /** Takes the same time for any key, so that nobody can guess one piece by piece. */
    Optional<Owner> ownerOf(String key) {
        return Optional.ofNullable(find(keys, hash(key)));
    }

    private static @Nullable Owner find(List<Key> keys, byte[] hash) {
        Owner found = null;
        for (Key each : keys) {
            found = MessageDigest.isEqual(each.hash, hash) ? each.owner : found;
        }
        return found;
    }

    private static byte[] hash(String key) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
