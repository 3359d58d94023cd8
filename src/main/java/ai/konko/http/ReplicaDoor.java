package ai.konko.http;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.Pair;
import ai.konko.chat.Writer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
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

    static boolean is(String path) {
        return path.equals(PATH);
    }

    /** Whether another replica sends this. Then the answer says that this one gives it. */
    boolean admits(HttpServerRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        Matcher credential = CREDENTIAL.matcher(header == null ? "" : header);
        if (!credential.matches() || !request.method().equals(HttpMethod.GET)) {
            return false;
        }
        Pair pair = repository.pairWith(UUID.fromString(credential.group(1))).orElse(null);
        if (pair == null || !same(credential.group(2), pair.asks())) {
            return false;
        }
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
