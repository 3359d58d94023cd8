package ai.konko.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.inject.Instance;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostsTest {

    /** Settings as somebody wrote them. */
    private record Settings(Optional<String> apiKeys, Mode security, Optional<Set<String>> hosts)
            implements SecurityConfig {
        @Override
        public Optional<Path> apiKeysFile() {
            return Optional.empty();
        }

        @Override
        public Optional<Set<String>> operators() {
            return Optional.empty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "chat.example, chat.example, true",
        "Chat.Example, cHAT.eXAMPLE, true",
        "[fd00::1], [FD00::1], true",
        "chat.example, localhost, true",
        "chat.example, [::1], true",
        "chat.example, other.example, false",
        "chat.example, chat.example.evil, false",
    })
    void names_areThoseOfThisMachineAndThoseSet(String set, String host, boolean has) {
        Hosts hosts = hosts(null, SecurityConfig.Mode.GUARDED, "127.0.0.1", set);

        assertThat(hosts.has(host)).isEqualTo(has);
    }

    @ParameterizedTest
    @CsvSource({
        "OPEN, 0.0.0.0, , true",
        "OPEN, 0.0.0.0, chat.example, false",
        "OPEN, 127.0.0.1, , false",
        "GUARDED, 127.0.0.1, , false",
    })
    void openToOthers_isCalledAnythingUnlessSet(
            SecurityConfig.Mode mode, String address, @Nullable String set, boolean any) {
        Hosts hosts = hosts(null, mode, address, set);

        assertThat(hosts.has("somewhere.example")).isEqualTo(any);
        assertThat(hosts.isKnown("somewhere.example")).isFalse();
    }

    @Test
    void credentials_areGuardEnoughButInDevelopment() {
        SecurityConfig keys =
                new Settings(
                        Optional.of("ada:0123456789abcdef"),
                        SecurityConfig.Mode.GUARDED,
                        Optional.empty());

        assertThat(hosts(keys, LaunchMode.NORMAL, "0.0.0.0").guarded()).isFalse();
        assertThat(hosts(keys, LaunchMode.DEVELOPMENT, "localhost").guarded()).isTrue();
        assertThat(hosts(null, SecurityConfig.Mode.OPEN, "0.0.0.0", null).guarded()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"chat.example:80", "http://chat.example", "*.example", "a b", ".", "::1"})
    void whatIsNoHost_isRefused(String set) {
        assertThatThrownBy(() -> hosts(null, SecurityConfig.Mode.GUARDED, "127.0.0.1", set))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("KONKO_HOSTS");
    }

    private static Hosts hosts(
            @Nullable String keys,
            SecurityConfig.Mode mode,
            String address,
            @Nullable String hosts) {
        return hosts(
                new Settings(
                        Optional.ofNullable(keys), mode, Optional.ofNullable(hosts).map(Set::of)),
                LaunchMode.NORMAL,
                address);
    }

    private static Hosts hosts(SecurityConfig config, LaunchMode mode, String address) {
        return new Hosts(new Callers(config, false, noIssuer()), config, mode, address);
    }

    @SuppressWarnings("NullAway") // nobody is asked whose token it is
    private static <T> Instance<T> noIssuer() {
        return null;
    }
}
