package ai.konko.store.postgres;

import ai.konko.chat.Message;
import ai.konko.chat.Pair;
import ai.konko.chat.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Where other replicas reach this one, and how they prove to each other that they share its
 * database: each has a secret there, which never leaves it. Two of them know each other by what
 * they make of the secret of the one that is asked and the id of the one that asks.
 *
 * @param url null if others are not to ask this replica
 * @param secret null if there is no address
 */
record ReplicaAddress(UUID me, @Nullable String url, @Nullable String secret) {
    private static final int SECRET_BYTES = 32;
    private static final String MAC = "HmacSHA256";

    /** The address, with a secret of its own for as long as this process lives. */
    static ReplicaAddress of(UUID me, @Nullable String url) {
        return new ReplicaAddress(me, url, url == null ? null : newSecret());
    }

    private static String newSecret() {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return text(secret);
    }

    private static String text(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** What the other one proves itself with if it asks this replica. */
    Optional<Pair> pairWith(UUID other) {
        return Optional.ofNullable(secret).map(mine -> pair(mine, other));
    }

    /** The other replica that runs this reply, as far as the log knows. */
    Optional<Writer> writer(Session session, Message reply) throws SQLException {
        return session.first(
                """
                select r.id, r.address, r.secret
                from pending p join replica r on r.id = p.owner
                where p.chat_id = ? and p.seq = ? and p.attempt = ? and r.id <> ?
                    and r.address is not null and r.lease_until > now()
                """,
                this::writer,
                reply.chatId(),
                reply.seq(),
                reply.attempt(),
                me);
    }

    private Writer writer(ResultSet row) throws SQLException {
        return new Writer(
                row.getObject("id", UUID.class),
                URI.create(row.getString("address")),
                me,
                pair(row.getString("secret"), me));
    }

    private static Pair pair(String secretOfAsked, UUID asking) {
        return new Pair(
                proof(secretOfAsked, "asks " + asking), proof(secretOfAsked, "answers " + asking));
    }

    private static String proof(String secret, String of) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), MAC));
            return text(mac.doFinal(of.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every JDK has " + MAC, missing);
        }
    }

    @Override
    public String toString() {
        return "ReplicaAddress[url=" + url + "]";
    }
}
