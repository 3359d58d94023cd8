package ai.konko.security;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Who may call. Without keys, and without an issuer of tokens ({@code quarkus.oidc.*}), everybody
 * may, but from this machine only, see {@link Guard}.
 */
@ConfigMapping(prefix = "konko")
interface SecurityConfig {

    /**
     * @return keys and whose they are, as {@code name:key,name:key}. A name, 1 to 64 letters,
     *     digits, dots, dashes and underscores, is the owner of the chats made with its key; it may
     *     have several keys. A key is of printable ASCII without comma and blank; it should have
     *     128 bits that nobody can guess.
     */
    Optional<String> apiKeys();

    /**
     * @return a file with more of the same, also one to a line. It is read when the service starts.
     */
    Optional<Path> apiKeysFile();

    /**
     * @return whether the service may be reached from other machines by everybody.
     */
    @WithDefault("guarded")
    Mode security();

    /**
     * @return names and addresses, without port, by which a service without credentials is also
     *     called, besides {@code localhost}, {@code 127.0.0.1} and {@code [::1]}; requests to
     *     others are {@code forbidden}. With {@link Mode#OPEN} on another address than this
     *     machine's, none set is any.
     */
    Optional<Set<String>> hosts();

    /**
     * @return owners who may see everybody's usage: names of keys, or {@code oidc:} and a subject.
     */
    Optional<Set<String>> operators();

    /** What holds where there are no credentials. */
    enum Mode {
        /** Only this machine can reach the service. */
        GUARDED,
        /** Whoever can reach it may use it. */
        OPEN
    }
}
