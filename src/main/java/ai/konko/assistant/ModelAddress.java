package ai.konko.assistant;

import ai.konko.Escapes;
import java.net.IDN;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of a provider's chat completions, from a base URL as browsers take it (WHATWG URL):
 * capitals, international names, names with underscores, spaces around.
 *
 * @param host a name, or an address without brackets
 * @param port the one that is connected to
 * @param target path and query
 * @param user name and password that the URL has, with a colon between, also if it has no password
 */
public record ModelAddress(
        boolean tls, String host, int port, String target, @Nullable String user) {
    private static final int HTTPS = 443;
    private static final int HTTP = 80;
    private static final int MOST_PORT = 65_535;
    private static final String COMPLETIONS = "/chat/completions";

    private static final Pattern URL =
            Pattern.compile(
                    "(?<scheme>[^:/?#\\\\]+):[/\\\\]*(?<authority>[^/?#\\\\]*)(?<path>[^?#]*)(\\?(?<query>[^#]*))?(#.*)?",
                    Pattern.DOTALL);

    /** What a host may not have (WHATWG URL, 3.1), controls and letters beyond ASCII too. */
    private static final Pattern NAME = Pattern.compile("[!-~&&[^\"#%/:<>?@\\[\\\\\\]^`{|}]]+");

    private static final Pattern OPENAI =
            Pattern.compile(
                    "(?:.+\\.)?api\\.openai\\.com"
                            + "|.+\\.(?:openai|cognitiveservices|services\\.ai)\\.azure\\.com");

    private static final Pattern AUTHORITY =
            Pattern.compile("(?:(.*)@)?(?:\\[([^\\]]*)\\]|([^:]*))(?::([0-9]*))?", Pattern.DOTALL);

    /**
     * @throws IllegalArgumentException if the text is no such URL; says why, without the text
     */
    static ModelAddress of(String baseUrl) {
        Matcher url = URL.matcher(baseUrl.strip());
        String scheme = url.matches() ? url.group("scheme").toLowerCase(Locale.ROOT) : "";
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("must begin with http:// or https://");
        }
        boolean tls = scheme.equals("https");
        Matcher authority = AUTHORITY.matcher(url.group("authority"));
        if (!authority.matches()) {
            throw new IllegalArgumentException("must have a host, and after it at most a port");
        }
        String literal = authority.group(2);
        String query = url.group("query");
        return new ModelAddress(
                tls,
                literal == null ? name(authority.group(3)) : literal(literal),
                port(authority.group(4), tls),
                path(url.group("path"))
                        + (query == null || query.isEmpty() ? "" : "?" + encoded(query)),
                user(authority.group(1)));
    }

    /** Neither a name nor a password are none. */
    private static @Nullable String user(@Nullable String given) {
        if (given == null || given.isEmpty() || given.equals(":")) {
            return null;
        }
        return Escapes.decoded(given.contains(":") ? given : given + ":");
    }

    private static String name(String given) {
        String host;
        try {
            host =
                    IDN.toASCII(Escapes.decoded(given), IDN.ALLOW_UNASSIGNED)
                            .toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException _) {
            host = "";
        }
        if (!NAME.matcher(host).matches() || host.startsWith(".")) {
            throw new IllegalArgumentException("must have a host that can be one");
        }
        return host;
    }

    private static String literal(String given) {
        try {
            if (given.contains(":")) {
                return InetAddress.ofLiteral(given).getHostAddress();
            }
        } catch (IllegalArgumentException _) {
            // Neither is it anything else.
        }
        throw new IllegalArgumentException("must have an IPv6 address between its brackets");
    }

    private static int port(@Nullable String given, boolean tls) {
        if (given == null || given.isEmpty()) {
            return tls ? HTTPS : HTTP;
        }
        String digits = given.replaceFirst("^0+(?=.)", "");
        int port = digits.length() > 5 ? MOST_PORT + 1 : Integer.parseInt(digits);
        if (port < 1 || port > MOST_PORT) {
            throw new IllegalArgumentException("must have a port from 1 to " + MOST_PORT);
        }
        return port;
    }

    /** A base that goes on to the completions already is left so. */
    private static String path(String given) {
        Deque<String> segments = new ArrayDeque<>();
        for (String segment : given.replace('\\', '/').replaceFirst("^/+", "").split("/", -1)) {
            switch (segment) {
                case "." -> {}
                case ".." -> segments.pollLast();
                default -> segments.addLast(segment);
            }
        }
        String path = encoded("/" + String.join("/", segments)).replaceFirst("/+$", "");
        return path.endsWith(COMPLETIONS) ? path : path + COMPLETIONS;
    }

    private static String encoded(String text) {
        StringBuilder encoded = new StringBuilder();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            if (each > ' ' && each < 0x7F && "\"<>`{}^|\\".indexOf(each) < 0) {
                encoded.append((char) each);
            } else {
                encoded.append("%%%02X".formatted(each & 0xFF));
            }
        }
        return encoded.toString();
    }

    /**
     * @param path behind the base URL, such as {@code models}
     * @return the address of that in place of the completions'
     */
    ModelAddress at(String path) {
        int query = target.indexOf('?');
        int end = query < 0 ? target.length() : query;
        String base = target.substring(0, end - COMPLETIONS.length());
        return new ModelAddress(tls, host, port, base + "/" + path + target.substring(end), user);
    }

    /** The user, in each form that an answer may have it, and the values in the query. */
    List<String> secrets() {
        List<String> secrets = new ArrayList<>();
        if (user != null) {
            String name = user.substring(0, user.indexOf(':'));
            String password = user.substring(name.length() + 1);
            secrets.add(user);
            secrets.add(password.isEmpty() ? name : password);
            secrets.add(Connector.basic(user).replaceFirst("^Basic ", ""));
        }
        int query = target.indexOf('?');
        for (String each : query < 0 ? new String[0] : target.substring(query + 1).split("&", -1)) {
            String value = each.substring(each.indexOf('=') + 1);
            secrets.add(value);
            secrets.add(Escapes.decoded(value));
        }
        return secrets;
    }

    /** Whether the provider is OpenAI itself, or OpenAI's models at Azure. */
    boolean isOpenAi() {
        return OPENAI.matcher(host).matches();
    }

    /** Whether the port is another than that of the scheme. */
    public boolean hasOwnPort() {
        return port != (tls ? HTTPS : HTTP);
    }

    /** The host as it stands in a URL or in a {@code Host} header. */
    String authority() {
        String name = host.contains(":") ? "[" + host + "]" : host;
        return hasOwnPort() ? name + ":" + port : name;
    }

    /** The whole URL, without the user, as a proxy is asked for it (RFC 9112, 3.2.2). */
    String absolute() {
        return (tls ? "https://" : "http://") + authority() + target;
    }

    @Override
    public String toString() {
        return "ModelAddress[" + authority() + "]";
    }
}
