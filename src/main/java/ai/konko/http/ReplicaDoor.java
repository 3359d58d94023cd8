package ai.konko.http;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Pair;
import ai.konko.chat.Writer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address at which other replicas ask for running replies. They call this one by an address of
 * their own and have no key, but prove that they share its database, see {@link
 * ChatRepository#pairWith}. For everybody else nothing is there.
 */
@Singleton
public class ReplicaDoor {
    public static final String PATH = "/replica/reply";

    private static final String KEY = "konko.replica";

    /** With what the replica that is asked proves itself. */
    private static final String ANSWERS = "Konko-Replica";

    private static final Pattern CREDENTIAL =
            Pattern.compile("Replica ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([!-~]{1,100})");

    private final ChatRepository repository;

    ReplicaDoor(ChatRepository repository) {
        this.repository = repository;
    }

    /** The header {@code Authorization} of a request to that replica. */
    public static String credential(Writer asked) {
        return "Replica " + asked.asking() + ':' + asked.pair().asks();
    }

    /** Whether that replica gives this answer. */
    public static boolean isFrom(Writer asked, HttpClientResponse answer) {
        String proof = answer.getHeader(ANSWERS);
        return proof != null && same(proof, asked.pair().answers());
    }

    /** Routes ignore slashes at the end. */
    static boolean is(String path) {
        return path.equals(PATH) || path.startsWith(PATH + "/");
    }

    /**
     * Whether another replica has proved that it sends this. A path is not enough to tell, because
     * it can be written in many ways.
     */
    public static boolean isAdmitted(RoutingContext routing) {
        return routing.get(KEY) != null;
    }

    /** Whether another replica sends this. Then the answer says that this one gives it. */
    boolean admits(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        Matcher credential = CREDENTIAL.matcher(header == null ? "" : header);
        if (!credential.matches() || !request.method().equals(HttpMethod.GET)) {
            return false;
        }
        Pair pair = repository.pairWith(UUID.fromString(credential.group(1))).orElse(null);
        if (pair == null || !same(credential.group(2), pair.asks())) {
            return false;
        }
        routing.put(KEY, pair);
        request.response().putHeader(ANSWERS, pair.answers());
        return true;
    }

    /** In a time that does not depend on where they differ. */
    private static boolean same(String given, String expected) {
        return MessageDigest.isEqual(
                given.getBytes(StandardCharsets.US_ASCII),
                expected.getBytes(StandardCharsets.US_ASCII));
    }
}
