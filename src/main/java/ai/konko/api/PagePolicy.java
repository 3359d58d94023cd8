package ai.konko.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The content security policy of the page: its own origin, and nothing inline but its import map,
 * for which browsers know no other place. That one is let through by its hash (CSP Level 3, section
 * 2.3.1).
 */
final class PagePolicy {
    private static final String PAGE = "META-INF/resources/index.html";
    private static final Pattern IMPORT_MAP =
            Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL);

    private PagePolicy() {}

    static String read() {
        Matcher map = IMPORT_MAP.matcher(page());
        if (!map.find()) {
            throw new IllegalStateException("the page has no import map");
        }
        return "default-src 'none'; script-src 'self' 'sha256-%s'; style-src 'self'; img-src 'self';"
                        .formatted(hash(map.group(1)))
                + " worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
                + " frame-ancestors 'none'";
    }

    private static String page() {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        try (InputStream file = loader.getResourceAsStream(PAGE)) {
            if (file == null) {
                throw new IllegalStateException("the page is missing");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String hash(String text) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return Base64.getEncoder()
                    .encodeToString(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
