package ai.konko.http;

import ai.konko.chat.ErrorCode;
import java.util.BitSet;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The head of one request in HTTP/1, line by line, and where the request ends by it (RFC 9112). If
 * two readers could understand a head in two ways, a proxy in front would pass on as one request
 * what are two here. So a head that is not plain is refused, even if the RFC lets a server repair
 * it.
 */
final class RequestHead {
    static final String NO_ADDRESS = "The request's address has a sign that must be encoded.";
    static final String CONTROLS = "A request has no control characters but in its body.";
    static final String TOO_LARGE = "The request's headers are too large.";

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");
    private static final Pattern SETTINGS = Pattern.compile("(?:[0-9A-Za-z_-]{8})*");
    private static final Pattern PORT = Pattern.compile(":[0-9]*$");
    private static final Pattern ABSOLUTE = Pattern.compile("(?i:https?)://([^/?#@]+)(?:[/?#].*)?");

    /** The characters of names of methods and headers (RFC 9110, 5.6.2). */
    private static final BitSet TOKEN = new BitSet(128);

    /** The first letters of the headers that matter here. */
    private static final String BEGINNINGS = "hHcCtTxX";

    static {
        TOKEN.set('a', 'z' + 1);
        TOKEN.set('A', 'Z' + 1);
        TOKEN.set('0', '9' + 1);
        "!#$%&'*+-.^_`|~".chars().forEach(TOKEN::set);
    }

    /** The head of no request. */
    static final RequestHead NONE = new RequestHead();

    private int lineLength;
    private String method = "";
    private String target = "";
    private @Nullable String authority;
    private @Nullable String host;
    private @Nullable String requestId;
    private boolean old;
    private boolean chunked;
    private long length = -1;

    /**
     * @return whether the byte or character ends a line of a head, or may not be in one
     */
    static boolean isControl(int sign) {
        return (sign >= 0 && sign < ' ' && sign != '\t') || sign == 0x7f;
    }

    /** Whether the line begins with a name of that length. */
    private static boolean isName(String line, int length) {
        for (int i = 0; i < length; i++) {
            if (!TOKEN.get(line.charAt(i))) {
                return false;
            }
        }
        return length > 0;
    }

    /**
     * @param line in ISO 8859-1
     * @return whether it is a header with a proper name, but none of those that {@link #header}
     *     looks at; most are
     */
    static boolean isOfNoMatter(byte[] line, int length) {
        if (length == 0 || BEGINNINGS.indexOf(line[0]) >= 0) {
            return false;
        }
        int name = 0;
        while (name < length && TOKEN.get(line[name] & 0xff)) {
            name++;
        }
        return name > 0 && name < length && line[name] == ':';
    }

    /**
     * The first line, without its end.
     *
     * @throws Flaw if it can't be understood, or not in one way only
     */
    void first(String line) throws Flaw {
        int afterMethod = line.indexOf(' ');
        int afterTarget = line.lastIndexOf(' ');
        String version = line.substring(afterTarget + 1);
        old = version.equals("HTTP/1.0");
        if (afterMethod == afterTarget
                || line.indexOf(' ', afterMethod + 1) != afterTarget
                || !isName(line, afterMethod)
                || !(old || version.equals("HTTP/1.1"))) {
            throw new Flaw("The request's first line can't be understood.");
        }
        method = line.substring(0, afterMethod);
        target = line.substring(afterMethod + 1, afterTarget);
        lineLength = line.length();
        if (hasNoAddress() || (method.equals("OPTIONS") && target.equals("*"))) {
            return;
        }
        if (!RequestTarget.isAddress(target)) {
            throw new Flaw(NO_ADDRESS);
        }
        if (!target.startsWith("/")) {
            var absolute = ABSOLUTE.matcher(target);
            if (!absolute.matches()) {
                throw new Flaw("The request's address must start with a slash.");
            }
            authority = absolute.group(1);
        }
    }

    /**
     * One of the lines that follow.
     *
     * @throws Flaw if it can't be understood, or not in one way only
     */
    void header(String line) throws Flaw {
        int colon = line.indexOf(':');
        if (!isName(line, colon)) {
            throw new Flaw("A header has no proper name.");
        }
        String value = line.substring(colon + 1).strip();
        switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
            case "host" -> host(value);
            case "content-length" -> length(value);
            case "transfer-encoding" -> coding(value);
            case "http2-settings" -> settings(value);
            case "x-request-id" -> requestId = requestId == null ? value : requestId;
            default -> {
                // None that matters here.
            }
        }
    }

    private void host(String value) throws Flaw {
        if (host != null) {
            throw new Flaw("A request needs one Host.");
        }
        host = value;
    }

    private void length(String value) throws Flaw {
        if (length >= 0 || !LENGTH.matcher(value).matches()) {
            throw new Flaw("Content-Length must be one number.");
        }
        length = Long.parseLong(value);
    }

    private void coding(String value) throws Flaw {
        if (chunked || old || !value.equalsIgnoreCase("chunked")) {
            throw new Flaw("Transfer-Encoding must be chunked, once, and not in version 1.0.");
        }
        chunked = true;
    }

    /** Settings of HTTP/2, six bytes each, in base64url. */
    private static void settings(String value) throws Flaw {
        if (!SETTINGS.matcher(value).matches()) {
            throw new Flaw("HTTP2-Settings must be settings of HTTP/2.");
        }
    }

    /** All of it has come. */
    void end() throws Flaw {
        if (chunked && length >= 0) {
            throw new Flaw("A request has either Content-Length or Transfer-Encoding.");
        }
        if (authority != null && host != null && !isHost(authority, host)) {
            throw new Flaw("Host must be that of the address.");
        }
    }

    /** A Host may leave out the port. */
    private static boolean isHost(String authority, String host) {
        return authority.equalsIgnoreCase(host)
                || PORT.matcher(authority).replaceFirst("").equalsIgnoreCase(host);
    }

    /** Whether it asks a proxy to open a tunnel, and so names a host and a port. */
    boolean hasNoAddress() {
        return method.equals("CONNECT");
    }

    /** The length of the first line, without its end. */
    int lineLength() {
        return lineLength;
    }

    String method() {
        return method;
    }

    /** The request's target, as far as it is known. */
    String target() {
        return target;
    }

    /** The client's own id of the request, usable or not. */
    @Nullable String requestId() {
        return requestId;
    }

    boolean chunked() {
        return chunked;
    }

    /**
     * @return how many bytes of body follow, if it does not come in chunks
     */
    long length() {
        return Math.max(0, length);
    }

    boolean saysWhereItEnds() {
        return chunked || length >= 0 || host != null;
    }

    /** Why a request is refused for its form alone. */
    static final class Flaw extends Exception {
        private static final long serialVersionUID = 1;

        private final ErrorCode code;

        Flaw(String detail) {
            this(ErrorCode.BAD_HEADER, detail);
        }

        Flaw(ErrorCode code, String detail) {
            super(detail, null, false, false);
            this.code = code;
        }

        Problem problem() {
            return Problem.of(code, String.valueOf(getMessage()));
        }
    }
}
