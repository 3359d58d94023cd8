package ai.konko.fake;

import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.smallrye.jwt.build.Jwt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/** An OpenID Connect provider with one key, which signs whatever a test asks for. */
public final class TestIssuer implements QuarkusTestResourceLifecycleManager {
    private static final String KEY_ID = "test";
    private static final String AUDIENCE = "konko";

    private final KeyPair key = newKey();
    private HttpServer server;

    @Override
    public Map<String, String> start() {
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        serve(
                "/.well-known/openid-configuration",
                """
                {"issuer": "%1$s", "jwks_uri": "%1$s/jwks", "token_endpoint": "%1$s/token",
                 "authorization_endpoint": "%1$s/authorize"}
                """
                        .formatted(url()));
        serve("/jwks", jwks((RSAPublicKey) key.getPublic()));
        server.start();
        return Map.of(
                "quarkus.oidc.auth-server-url", url(), "quarkus.oidc.token.audience", AUDIENCE);
    }

    /** A token that is good for five minutes from {@code issuedAt} on. */
    public String token(String subject, Instant issuedAt) {
        return sign(subject, issuedAt, AUDIENCE, key);
    }

    /** One that is right but for the audience. */
    public String tokenForSomebodyElse(String subject) {
        return sign(subject, Instant.now(), "another service", key);
    }

    /** One that says it is from here, and is signed with another key. */
    public String forged(String subject) {
        return sign(subject, Instant.now(), AUDIENCE, newKey());
    }

    private String sign(String subject, Instant issuedAt, String audience, KeyPair with) {
        return Jwt.issuer(url())
                .subject(subject)
                .audience(audience)
                .issuedAt(issuedAt)
                .expiresAt(issuedAt.plus(Duration.ofMinutes(5)))
                .jws()
                .keyId(KEY_ID)
                .sign(with.getPrivate());
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void serve(String path, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        server.createContext(
                path,
                exchange -> {
                    exchange.getResponseHeaders().add("Content-Type", "application/json");
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
    }

    private static String jwks(RSAPublicKey key) {
        return """
        {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "%s", "n": "%s", "e": "%s"}]}
        """
                .formatted(
                        KEY_ID,
                        unsigned(key.getModulus().toByteArray()),
                        unsigned(key.getPublicExponent().toByteArray()));
    }

    private static String unsigned(byte[] number) {
        int sign = number[0] == 0 ? 1 : 0;
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Arrays.copyOfRange(number, sign, number.length));
    }

    private static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void stop() {
        server.stop(0);
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(this, new TestInjector.MatchesType(TestIssuer.class));
    }
}
