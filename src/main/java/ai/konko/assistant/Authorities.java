package ai.konko.assistant;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificate authorities that are trusted to vouch for the provider: Java's own and those of a
 * file. Both count, so that a company's proxy and the provider itself are trusted.
 */
final class Authorities {
    private Authorities() {}

    /**
     * @param pem a file of one or more certificates in PEM
     * @throws ConfigurationException if it has none
     */
    static TrustOptions with(Path pem) {
        try (InputStream in = Files.newInputStream(pem)) {
            Collection<? extends Certificate> added =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (added.isEmpty()) {
                throw new ConfigurationException("KONKO_MODEL_CA has no certificate: " + pem);
            }
            KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
            all.load(null, null);
            int number = 0;
            for (Certificate each : trusting(null).getAcceptedIssuers()) {
                all.setCertificateEntry("system-" + number++, each);
            }
            for (Certificate each : added) {
                all.setCertificateEntry("added-" + number++, each);
            }
            return TrustOptions.wrap(trusting(all));
        } catch (IOException | GeneralSecurityException _) {
            throw new ConfigurationException(
                    "KONKO_MODEL_CA must be a file of certificates in PEM that can be read: "
                            + pem);
        }
    }

    /**
     * @param authorities null for Java's own
     */
    private static X509TrustManager trusting(@Nullable KeyStore authorities)
            throws GeneralSecurityException {
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(authorities);
        for (TrustManager each : factory.getTrustManagers()) {
            if (each instanceof X509TrustManager manager) {
                return manager;
            }
        }
        throw new GeneralSecurityException("there is no trust manager for certificates");
    }
}
