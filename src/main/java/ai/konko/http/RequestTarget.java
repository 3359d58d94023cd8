package ai.konko.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.BitSet;
import java.util.Set;

/** Which methods and addresses of requests are passed on. */
final class RequestTarget {
    /** The names of methods that there may be in metrics. */
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");

    /** Takes the place of every other method: it is known, and no address takes it. */
    static final String NO_METHOD = "TRACE";

    private static final BitSet PLAIN = new BitSet(128);

    static {
        PLAIN.set('a', 'z' + 1);
        PLAIN.set('A', 'Z' + 1);
        PLAIN.set('0', '9' + 1);
        "/?&=._~-+,:;@!$'()*".chars().forEach(PLAIN::set);
    }

    private RequestTarget() {}

    static boolean isMethod(CharSequence name) {
        return METHODS.contains(name.toString());
    }

    /**
     * @return whether Quarkus takes it for an address; its refusals of others have no problem
     *     document
     */
    static boolean isAddress(CharSequence target) {
        if (target.isEmpty()) {
            return false;
        }
        for (int i = 0; i < target.length(); i++) {
            if (!PLAIN.get(target.charAt(i))) {
                return isUri(target.toString());
            }
        }
        return (target.charAt(0) == '/' && (target.length() == 1 || target.charAt(1) != '/'))
                || isUri(target.toString());
    }

    private static boolean isUri(String target) {
        try {
            URI _ = new URI(target);
            return true;
        } catch (URISyntaxException _) {
            return false;
        }
    }
}
