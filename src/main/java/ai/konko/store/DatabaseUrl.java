package ai.konko.store;

import static java.util.Objects.requireNonNullElse;

import ai.konko.Escapes;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.hostchooser.HostRequirement;

/**
 * The database's address in the terms of the JDBC driver, read from the form that libpq and hosting
 * services use: see PostgreSQL's documentation, 34.1.1.2 and 34.1.2, and the driver's.
 *
 * @param jdbc the address without user and password
 */
public record DatabaseUrl(String jdbc, @Nullable String username, @Nullable String password) {
    private static final Pattern URL =
            Pattern.compile(
                    "(?:jdbc:)?postgres(?:ql)?://(?:(?<user>[^/?]*)@)?(?<hosts>[^/?]*)"
                            + "(?:/(?<database>[^?]*))?(?:\\?(?<query>.*))?",
                    Pattern.CASE_INSENSITIVE);

    private static final Pattern HOST =
            Pattern.compile("(?<name>\\[[0-9A-Fa-f:.%]+]|[^:\\[\\]%]+)(?::(?<port>[^:]+))?");

    private static final Pattern BARE_ADDRESS =
            Pattern.compile("(?<![^,])[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?![^,])");

    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
    private static final int LAST_PORT = 65_535;

    /** Other names of parameters, and the driver's. */
    private static final Map<String, String> NAMES =
            Map.ofEntries(
                    Map.entry("application_name", "ApplicationName"),
                    Map.entry("channel_binding", "channelBinding"),
                    Map.entry("connect_timeout", "connectTimeout"),
                    Map.entry("gssencmode", "gssEncMode"),
                    Map.entry("keepalives", "tcpKeepAlive"),
                    Map.entry("krbsrvname", "kerberosServerName"),
                    Map.entry("load_balance_hosts", "loadBalanceHosts"),
                    Map.entry("require_auth", "requireAuth"),
                    Map.entry("schema", "currentSchema"),
                    Map.entry("sslnegotiation", "sslNegotiation"),
                    Map.entry("target_session_attrs", "targetServerType"));

    /** Other values of parameters, and the driver's. */
    private static final Map<String, String> VALUES =
            Map.ofEntries(
                    Map.entry("targetServerType=read-write", "primary"),
                    Map.entry("targetServerType=read-only", "secondary"),
                    Map.entry("targetServerType=standby", "secondary"),
                    Map.entry("targetServerType=prefer-standby", "preferSecondary"),
                    Map.entry("tcpKeepAlive=1", "true"),
                    Map.entry("tcpKeepAlive=0", "false"),
                    Map.entry("loadBalanceHosts=random", "true"),
                    Map.entry("loadBalanceHosts=disable", "false"),
                    Map.entry("sslmode=no-verify", "require"));

    /**
     * @throws IllegalArgumentException if it is no such address; the message does not quote it,
     *     because it may have a password
     */
    public static DatabaseUrl of(String url) {
        Matcher parts = URL.matcher(url.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException("is no address of a PostgreSQL database");
        }
        Map<String, String> query = query(parts.group("query"));
        String[] login = requireNonNullElse(parts.group("user"), "").split(":", 2);
        String user = query.remove("user");
        String password = query.remove("password");
        String database = database(parts.group("database"), query.remove("dbname"));
        String hosts = hosts(parts.group("hosts"), query);
        return new DatabaseUrl(
                "jdbc:postgresql://" + hosts + "/" + encoded(database) + parameters(hosts, query),
                login[0].isEmpty() ? user : Escapes.decoded(login[0]),
                login.length < 2 ? password : Escapes.decoded(login[1]));
    }

    private static String database(@Nullable String inPath, @Nullable String inQuery) {
        String database =
                inPath == null || inPath.isEmpty()
                        ? requireNonNullElse(inQuery, "")
                        : Escapes.decoded(inPath);
        if (database.isEmpty()) {
            throw new IllegalArgumentException("names no database");
        }
        return database;
    }

    /** A port in the query is for all hosts, or there is one for each. */
    private static String hosts(String inAuthority, Map<String, String> query) {
        String inQuery =
                requireNonNullElse(
                        query.remove("host"),
                        requireNonNullElse(query.remove("hostaddr"), "localhost"));
        String[] ports = requireNonNullElse(query.remove("port"), "").split(",", -1);
        String[] all =
                inAuthority.isEmpty() ? bracketed(inQuery).split(",", -1) : decoded(inAuthority);
        if (ports.length > 1 && ports.length != all.length) {
            throw new IllegalArgumentException("has another number of ports than of hosts");
        }
        List<String> hosts = new ArrayList<>();
        for (int i = 0; i < all.length; i++) {
            hosts.add(host(all[i], ports[Math.min(i, ports.length - 1)]));
        }
        return String.join(",", hosts);
    }

    private static String[] decoded(String hosts) {
        return Arrays.stream(hosts.split(",", -1)).map(Escapes::decoded).toArray(String[]::new);
    }

    /** In the query, an IPv6 address needs no brackets. */
    private static String bracketed(String hosts) {
        return BARE_ADDRESS.matcher(hosts).replaceAll("[$0]");
    }

    private static String host(String given, String otherPort) {
        Matcher host = HOST.matcher(given);
        if (!host.matches() || host.group("name").startsWith("/")) {
            throw new IllegalArgumentException("has a host that is no name and no address");
        }
        String port = requireNonNullElse(host.group("port"), otherPort);
        if (port.isEmpty()) {
            return host.group("name");
        }
        if (!isPort(port)) {
            throw new IllegalArgumentException("has a port that is not between 1 and " + LAST_PORT);
        }
        return host.group("name") + ":" + port;
    }

    private static boolean isPort(String port) {
        return PORT.matcher(port).matches()
                && Integer.parseInt(port) >= 1
                && Integer.parseInt(port) <= LAST_PORT;
    }

    private static Map<String, String> query(@Nullable String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String each : requireNonNullElse(query, "").split("&", -1)) {
            if (!each.isEmpty()) {
                String[] pair = each.split("=", 2);
                parameters.put(
                        Escapes.decoded(pair[0]), pair.length < 2 ? "" : Escapes.decoded(pair[1]));
            }
        }
        return parameters;
    }

    private static String parameters(String hosts, Map<String, String> query) {
        Map<String, String> known = new LinkedHashMap<>();
        query.forEach(
                (given, value) -> {
                    String name = NAMES.getOrDefault(given, given);
                    known.put(name, VALUES.getOrDefault(name + "=" + value, value));
                });
        if ("true".equals(known.remove("pgbouncer"))) {
            known.putIfAbsent("prepareThreshold", "0");
        }
        if (known.remove("sslrootcert", "system")) {
            known.put("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
        }
        if (hosts.contains(",")) { // only one of several servers can be written to
            known.putIfAbsent("targetServerType", "primary");
        }
        requireTarget(known.getOrDefault("targetServerType", "any"));
        List<String> written = new ArrayList<>();
        known.forEach((name, value) -> written.add(encoded(name) + "=" + encoded(value)));
        return written.isEmpty() ? "" : "?" + String.join("&", written);
    }

    /** The driver would look for such a server for ever. */
    private static void requireTarget(String kindOfServer) {
        try {
            var _ = HostRequirement.getTargetServerType(kindOfServer);
        } catch (IllegalArgumentException _) {
            throw new IllegalArgumentException(
                    "has a target_session_attrs or targetServerType that is none");
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "DatabaseUrl";
    }
}
