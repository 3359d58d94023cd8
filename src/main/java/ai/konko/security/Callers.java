package ai.konko.security;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import io.quarkus.oidc.AccessTokenCredential;
import io.quarkus.oidc.TenantIdentityProvider;
import io.quarkus.oidc.TokenIntrospection;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jboss.logging.Logger;

/**
 * Who is calling: the name of an API key, or the subject of a token. If no credentials are set at
 * all, everybody is {@linkplain Owner#ANONYMOUS anonymous}.
 */
@Singleton
public class Callers {
    private static final Logger LOG = Logger.getLogger(Callers.class);

    /** RFC 6750, section 2.1. */
    private static final Pattern BEARER = Pattern.compile("(?i:bearer) +([\\x21-\\x7e]+) *");

    /** Names of keys have no colon, so nobody's token passes for somebody's key. */
    private static final String SUBJECT_OF = "oidc:";

    private static final int LONGEST_SUBJECT = 500;

    /** Quarkus' attribute for the introspection of an opaque token. */
    private static final String INTROSPECTION = "introspection";

    private final ApiKeys keys;
    private final boolean tokens;
    private final Instance<TenantIdentityProvider> issuer;
    private final Set<String> operators;

    Callers(
            SecurityConfig config,
            @ConfigProperty(name = "quarkus.oidc.tenant-enabled") boolean tokens,
            Instance<TenantIdentityProvider> issuer) {
        this.keys = keys(config);
        this.tokens = tokens;
        this.issuer = issuer;
        this.operators = config.operators().orElse(Set.of());
        if (keys.shortOnes() > 0) {
            LOG.warnf(
                    "%d API keys have less than 16 characters and could be guessed",
                    keys.shortOnes());
        }
    }

    private static ApiKeys keys(SecurityConfig config) {
        String setting = "KONKO_API_KEYS";
        try {
            StringBuilder all = new StringBuilder(config.apiKeys().orElse(""));
            if (config.apiKeys().isPresent() && ApiKeys.parse(all.toString()).isEmpty()) {
                throw new ConfigurationException(setting + " has no key.");
            }
            if (config.apiKeysFile().isPresent()) {
                setting = "The file of KONKO_API_KEYS_FILE";
                all.append('\n').append(Files.readString(config.apiKeysFile().get()));
            }
            ApiKeys keys = ApiKeys.parse(all.toString());
            if (keys.isEmpty() && config.apiKeysFile().isPresent()) {
                throw new ConfigurationException(setting + " has no key.");
            }
            return keys;
        } catch (IOException _) {
            throw new ConfigurationException(setting + " can't be read.");
        } catch (IllegalArgumentException malformed) {
            throw new ConfigurationException(setting + " " + malformed.getMessage() + ".");
        }
    }

    /** Whether callers need credentials. */
    public boolean areAsked() {
        return tokens || !keys.isEmpty();
    }

    /** Whether this caller may see the usage of others. */
    public boolean isOperator(Owner caller) {
        return !areAsked() || operators.contains(caller.name());
    }

    /**
     * @param authorization the request's headers of that name
     * @return the caller, if it is known at once; if not, ask {@link #subject}
     * @throws RefusedException {@link ErrorCode#UNAUTHENTICATED}
     */
    public Optional<Owner> identify(List<String> authorization) {
        if (!areAsked()) {
            return Optional.of(Owner.ANONYMOUS);
        }
        String credential = credential(authorization);
        Optional<Owner> keyed = keys.ownerOf(credential);
        if (keyed.isEmpty() && !tokens) {
            throw refused("The key is not known here.");
        }
        return keyed;
    }

    private static String credential(List<String> authorization) {
        if (authorization.isEmpty()) {
            throw refused("The request needs the header Authorization: Bearer <key>.");
        }
        Matcher bearer = BEARER.matcher(authorization.getFirst());
        if (authorization.size() > 1 || !bearer.matches()) {
            throw refused("The request must have one header Authorization: Bearer <key>.");
        }
        return bearer.group(1);
    }

    /**
     * @param authorization of a caller that {@link #identify} does not know at once
     * @return whose token it is; fails with a {@link RefusedException}, {@link
     *     ErrorCode#UNAUTHENTICATED}
     */
    public Uni<Owner> subject(List<String> authorization) {
        String token = credential(authorization);
        return Uni.createFrom()
                .deferred( // catches what Quarkus throws if this is no token
                        () -> issuer.get().authenticate(new AccessTokenCredential(token)))
                .onItemOrFailure()
                .transform((identity, failed) -> failed == null ? subjectOf(identity) : "")
                .map(Callers::owner);
    }

    private static Owner owner(String subject) {
        if (subject.isEmpty() || subject.length() > LONGEST_SUBJECT) {
            throw refused("The key is not known here, nor is it a good token.");
        }
        return new Owner(SUBJECT_OF + subject);
    }

    private static String subjectOf(SecurityIdentity identity) {
        String subject =
                identity.getPrincipal() instanceof JsonWebToken jwt
                        ? jwt.getSubject()
                        : identity.getAttribute(INTROSPECTION) instanceof TokenIntrospection known
                                ? known.getSubject()
                                : null;
        return subject == null ? "" : subject;
    }

    private static RefusedException refused(String detail) {
        return RefusedException.of(ErrorCode.UNAUTHENTICATED, detail);
    }
}
