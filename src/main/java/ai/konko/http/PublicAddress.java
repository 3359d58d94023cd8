package ai.konko.http;

import java.util.regex.Pattern;

/** Addresses that need no credentials. */
final class PublicAddress {
    /** The page, which asks for credentials itself, and the documentation. */
    private static final String READ =
            "/|/index\\.html|/(?:docs|openapi(?:\\.(?:json|ya?ml))?|page|_static|%s)(?:/.*)?";

    /**
     * The same, and all of {@code /q}, which tells about the process. It is not for other networks.
     */
    private static final Pattern ALL = Pattern.compile(READ.formatted("q"));

    /** Here Quarkus answers every method as if it were GET. */
    private static final Pattern READ_ONLY = Pattern.compile(READ.formatted("q/health|q/metrics"));

    private PublicAddress() {}

    static boolean is(String path) {
        return ALL.matcher(path).matches();
    }

    /** Whether it tells about the process, which is for no page of another origin. */
    static boolean isOfProcess(String path) {
        return path.equals("/q") || path.startsWith("/q/");
    }

    /** Whether this address can only be read. */
    static boolean isReadOnly(String path) {
        return READ_ONLY.matcher(path).matches();
    }
}
