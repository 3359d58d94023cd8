package ai.konko.assistant;

import ai.konko.Escapes;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The proxy on the way to the provider: by the system properties of Java ({@code http.proxyHost},
 * {@code https.proxyHost}, {@code http.nonProxyHosts}), else by the environment as curl reads it
 * ({@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code ALL_PROXY}, {@code NO_PROXY}, also in lower
 * case). This machine itself is never reached through one.
 */
final class Proxies {
    private static final int HTTP = 80;
    private static final int HTTPS = 443;
    private static final int SOCKS = 1080;
    private static final int MOST_PORT = 65_535;

    private static final Pattern URL =
            Pattern.compile(
                    "(?:(?<scheme>[A-Za-z0-9+.-]+)://)?(?:(?<user>.*)@)?(?<host>\\[[^\\]]+\\]|[^:/?#@\\[\\]]+)(?::(?<port>[0-9]{1,5}))?/*");

    private static final Pattern WITH_PORT = Pattern.compile("(\\[[^\\]]*\\]|[^:]*):([0-9]{1,5})");

    private final Function<String, @Nullable String> environment;
    private final Function<String, @Nullable String> properties;

    Proxies(
            Function<String, @Nullable String> environment,
            Function<String, @Nullable String> properties) {
        this.environment = environment;
        this.properties = properties;
    }

    /**
     * @throws IllegalArgumentException if there is one that can't be used; says why, without its
     *     address, which may have a password
     */
    Optional<ProxyOptions> to(ModelAddress address) {
        if (isThisMachine(address.host())) {
            return Optional.empty();
        }
        String scheme = address.tls() ? "https" : "http";
        String host = first(properties, scheme + ".proxyHost");
        if (host != null) {
            return isExempt(address.host())
                    ? Optional.empty()
                    : Optional.of(
                            new ProxyOptions()
                                    .setHost(withoutBrackets(host))
                                    .setPort(port(scheme + ".proxyPort", address.tls())));
        }
        for (String name : List.of(scheme + "_proxy", "all_proxy")) {
            String url = first(environment, name, name.toUpperCase(Locale.ROOT));
            if (url != null) {
                return isExcepted(address)
                        ? Optional.empty()
                        : Optional.of(proxy(name.toUpperCase(Locale.ROOT), url));
            }
        }
        return Optional.empty();
    }

    private static @Nullable String first(
            Function<String, @Nullable String> from, String... names) {
        for (String name : names) {
            String value = from.apply(name);
            if (value != null && !value.isBlank()) {
                return value.strip();
            }
        }
        return null;
    }

    private int port(String property, boolean tls) {
        String given = first(properties, property);
        return given == null ? (tls ? HTTPS : HTTP) : port(property, given);
    }

    private static int port(String name, String given) {
        int port = given.matches("[0-9]{1,5}") ? Integer.parseInt(given) : 0;
        if (port < 1 || port > MOST_PORT) {
            throw new IllegalArgumentException(name + " must have a port from 1 to " + MOST_PORT);
        }
        return port;
    }

    private static ProxyOptions proxy(String name, String given) {
        Matcher url = URL.matcher(given);
        if (!url.matches()) {
            throw new IllegalArgumentException(name + " must be the URL of a proxy");
        }
        String scheme = url.group("scheme") == null ? "http" : url.group("scheme");
        ProxyType type =
                switch (scheme.toLowerCase(Locale.ROOT)) {
                    case "http" -> ProxyType.HTTP;
                    case "socks4", "socks4a" -> ProxyType.SOCKS4;
                    case "socks", "socks5", "socks5h" -> ProxyType.SOCKS5;
                    default ->
                            throw new IllegalArgumentException(
                                    name + " must be of an http, socks4 or socks5 proxy");
                };
        int usual = type == ProxyType.HTTP ? HTTP : SOCKS;
        ProxyOptions proxy =
                new ProxyOptions()
                        .setType(type)
                        .setHost(withoutBrackets(url.group("host")))
                        .setPort(url.group("port") == null ? usual : port(name, url.group("port")));
        if (url.group("user") != null) {
            String[] user = url.group("user").split(":", 2);
            proxy.setUsername(Escapes.decoded(user[0]))
                    .setPassword(user.length == 2 ? Escapes.decoded(user[1]) : "");
        }
        return proxy;
    }

    static boolean isThisMachine(String host) {
        String name = withoutDot(host);
        InetAddress literal = literal(name);
        return literal != null
                ? literal.isLoopbackAddress()
                : name.equals("localhost") || name.endsWith(".localhost");
    }

    /** Patterns with bars between, each with a wildcard at either end (java.net, "Proxies"). */
    private boolean isExempt(String host) {
        String given = first(properties, "http.nonProxyHosts");
        return given != null
                && Stream.of(given.split("\\|"))
                        .map(String::strip)
                        .filter(each -> !each.isEmpty())
                        .map(
                                each ->
                                        Stream.of(withoutBrackets(each).split("\\*", -1))
                                                .map(Pattern::quote)
                                                .collect(Collectors.joining(".*")))
                        .anyMatch(each -> host.matches("(?i)" + each));
    }

    private boolean isExcepted(ModelAddress address) {
        String given = first(environment, "no_proxy", "NO_PROXY");
        return given != null
                && Stream.of(given.split("[,\\s]+")).anyMatch(each -> covers(each, address));
    }

    /** An entry is a domain with all below it, an address or a network, with or without a port. */
    private static boolean covers(String entry, ModelAddress address) {
        String domain = entry.toLowerCase(Locale.ROOT);
        Matcher withPort = WITH_PORT.matcher(domain);
        if (withPort.matches()) {
            if (Integer.parseInt(withPort.group(2)) != address.port()) {
                return false;
            }
            domain = withPort.group(1);
        }
        if (domain.equals("*")) {
            return true;
        }
        InetAddress literal = literal(address.host());
        if (literal != null) {
            return isWithin(withoutBrackets(domain), literal);
        }
        domain = withoutDot(domain.replaceFirst("^\\*?\\.", ""));
        String host = withoutDot(address.host());
        return !domain.isEmpty() && (host.equals(domain) || host.endsWith("." + domain));
    }

    private static boolean isWithin(String network, InetAddress address) {
        String[] parts = network.split("/", 2);
        InetAddress first = literal(parts[0]);
        if (first == null || first.getAddress().length != address.getAddress().length) {
            return false;
        }
        int all = address.getAddress().length * Byte.SIZE;
        int bits = all;
        if (parts.length == 2) {
            bits = parts[1].matches("[0-9]{1,3}") ? Integer.parseInt(parts[1]) : all + 1;
        }
        for (int i = 0; i < Math.min(bits, all); i++) {
            int mask = 1 << (Byte.SIZE - 1 - i % Byte.SIZE);
            int differing = first.getAddress()[i / Byte.SIZE] ^ address.getAddress()[i / Byte.SIZE];
            if ((differing & mask) != 0) {
                return false;
            }
        }
        return bits <= all;
    }

    private static @Nullable InetAddress literal(String host) {
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    private static String withoutDot(String host) {
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }
}
