package ai.konko.fake;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A key and a certificate for {@code localhost} that nobody knows, made by the JDK's keytool. */
public final class TestTls {
    /** Of the stores in the folder. */
    public static final String PASSWORD = "changeit";

    private final Path folder;

    private TestTls(Path folder) {
        this.folder = folder;
    }

    public static TestTls in(Path folder) throws IOException, InterruptedException {
        TestTls tls = new TestTls(folder);
        tls.keytool(
                "-genkeypair -keystore keys -keyalg EC -dname CN=localhost -ext san=dns:localhost");
        tls.keytool("-exportcert -rfc -keystore keys -file certificate.pem");
        tls.keytool("-importcert -keystore trusted -file certificate.pem -noprompt");
        return tls;
    }

    /** The certificate, as a file in PEM. */
    public Path certificate() {
        return folder.resolve("certificate.pem");
    }

    /** A store that trusts the certificate alone. */
    public Path trusted() {
        return folder.resolve("trusted");
    }

    /** What a server needs. */
    public SSLContext context() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve("keys"))) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        return tls;
    }

    private void keytool(String arguments) throws IOException, InterruptedException {
        Path log = folder.resolve("keytool.log");
        String program = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Process process =
                new ProcessBuilder(
                                (program + " -storepass " + PASSWORD + " " + arguments).split(" "))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(Files.readString(log));
        }
    }
}
