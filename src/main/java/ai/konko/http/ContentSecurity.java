package ai.konko.http;

import jakarta.inject.Singleton;
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
 * The content security policy of an answer, which says what a browser may load and run (CSP Level
 * 3).
 */
@Singleton
class ContentSecurity {
    private static final Pattern PAGE_PATHS =
            Pattern.compile("/|/index\\.html|/(?:page|_static)/.*");

    /** For answers that are data. A browser that is led to show one loads and runs nothing. */
    private static final String NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

    /** Swagger UI's start page has its script and style inline. */
    private static final String DOCUMENTATION =
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
                    + " img-src 'self' data:; frame-ancestors 'none'";

    /** Quarkus' own pages, of which production has none. */
    private static final String DEVELOPMENT = "frame-ancestors 'self'";

    private static final String PAGE = "META-INF/resources/index.html";
    private static final Pattern IMPORT_MAP =
            Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL);

    private final String ofPage = ofPage();

    /**
     * @param path of the request
     */
    String of(String path) {
        if (path.startsWith("/q/")) {
            return DEVELOPMENT;
        }
        if (PAGE_PATHS.matcher(path).matches()) {
            return ofPage;
        }
        return path.equals("/docs") || path.startsWith("/docs/") ? DOCUMENTATION : NO_PAGE;
    }

    /**
     * Lets the page load from its own origin, and nothing inline except its import map, because
     * browsers take that from no other place. Its hash lets it through (section 2.3.1).
     */
    private static String ofPage() {
        Matcher map = IMPORT_MAP.matcher(page());
        if (!map.find()) {
            throw new IllegalStateException("the page has no import map");
        }
        return "default-src 'none'; script-src 'self' 'sha256-%s'; style-src 'self'; img-src 'self' blob:;"
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
