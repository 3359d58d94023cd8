package ai.konko.security;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Who may call. Without keys and without an issuer of tokens ({@code quarkus.oidc.*}), everybody
 * may, but only from this machine, see {@link Guard}.
 */
@ConfigMapping(prefix = "konko")
interface SecurityConfig {

    /**
     * @return keys and their owners, as {@code name:key,name:key}. A name owns the chats that are
     *     made with its keys; it has 1 to 64 letters, digits, dots, dashes and underscores. A key
     *     has printable ASCII characters without comma and blank; 128 bits of it should be random.
     */
    Optional<String> apiKeys();

    /**
     * @return a file with more keys, with commas or line ends between them. It is read when the
     *     service starts.
     */
    Optional<Path> apiKeysFile();

    /**
     * @return whether other machines may use the service without credentials.
     */
    @WithDefault("guarded")
    Mode security();

    /**
     * @return more names and addresses, without port, of a service without credentials, besides
     *     {@code localhost}, {@code 127.0.0.1} and {@code [::1]}. Requests to others are {@code
     *     forbidden}. If none is set, a service that is {@link Mode#OPEN} to other machines takes
     *     any.
     */
    Optional<Set<String>> hosts();

    /**
     * @return owners who may see everybody's usage: names of keys, or {@code oidc:} and a subject.
     */
    Optional<Set<String>> operators();

    /** Who may use a service without credentials. */
    enum Mode {
        /** Only this machine, because no other one can reach the service. */
        GUARDED,
        /** Whoever can reach it. */
        OPEN
    }
}
