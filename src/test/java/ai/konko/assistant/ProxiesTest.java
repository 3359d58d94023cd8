package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

    @ParameterizedTest
    @CsvSource({
        "http://llm.example/v1, HTTP_PROXY",
        "http://llm.example/v1, http_proxy",
        "http://llm.example/v1, ALL_PROXY",
        "https://llm.example/v1, HTTPS_PROXY",
        "https://llm.example/v1, https_proxy",
        "https://llm.example/v1, all_proxy"
    })
    void to_anAddress_isByTheVariableOfItsScheme(String baseUrl, String variable) {
        assertThat(to(baseUrl, Map.of(variable, "http://proxy:3128")).map(ProxyOptions::getHost))
                .contains("proxy");
    }

    @ParameterizedTest
    @CsvSource({
        "http://llm.example/v1, HTTPS_PROXY",
        "https://llm.example/v1, HTTP_PROXY",
        "http://localhost:11434/v1, HTTP_PROXY",
        "http://LocalHost./v1, http_proxy",
        "http://api.localhost/v1, ALL_PROXY",
        "http://127.0.0.7/v1, HTTP_PROXY",
        "https://[::1]/v1, HTTPS_PROXY"
    })
    void to_anotherSchemeOrThisMachine_isNone(String baseUrl, String variable) {
        assertThat(to(baseUrl, Map.of(variable, "http://proxy:3128"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "proxy, HTTP, proxy, 80, ,",
        "proxy:3128, HTTP, proxy, 3128, ,",
        "http://proxy:3128/, HTTP, proxy, 3128, ,",
        "HTTP://[::1]:3128, HTTP, ::1, 3128, ,",
        "http://me:p%40ss@proxy:1, HTTP, proxy, 1, me, p@ss",
        "me:p@ss@proxy, HTTP, proxy, 80, me, p@ss",
        "http://m%:p%zzw+@proxy:3128, HTTP, proxy, 3128, m%, p%zzw+",
        "socks5://proxy, SOCKS5, proxy, 1080, ,",
        "socks5h://proxy:9050, SOCKS5, proxy, 9050, ,",
        "socks4a://proxy, SOCKS4, proxy, 1080, ,",
        "' http://proxy ', HTTP, proxy, 80, ,"
    })
    void to_anAddress_isTheProxyThatTheUrlNames(
            String url, ProxyType type, String host, int port, String user, String password) {
        ProxyOptions proxy = to("http://llm.example", Map.of("HTTP_PROXY", url)).orElseThrow();

        assertThat(proxy.getType()).isEqualTo(type);
        assertThat(proxy.getHost()).isEqualTo(host);
        assertThat(proxy.getPort()).isEqualTo(port);
        assertThat(proxy.getUsername()).isEqualTo(user);
        assertThat(proxy.getPassword()).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://SECRET@h",
                "https://SECRET@h",
                "http://",
                "http://h:0",
                "http://h:99999",
                "a b:SECRET"
            })
    void to_whatIsNoProxy_refusesByTheVariableWithoutItsValue(String url) {
        assertThatThrownBy(() -> to("https://llm.example", Map.of("HTTPS_PROXY", url)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("HTTPS_PROXY must ")
                .hasMessageNotContaining("SECRET");
    }

    @ParameterizedTest
    @CsvSource({
        "https://api.llm.example/v1, *, true",
        "https://api.llm.example/v1, api.llm.example, true",
        "https://api.llm.example/v1, llm.example, true",
        "https://api.llm.example/v1, .llm.example, true",
        "https://api.llm.example/v1, *.llm.example, true",
        "https://api.llm.example/v1, API.LLM.example., true",
        "https://api.llm.example./v1, llm.example, true",
        "https://api.llm.example/v1, 'a, llm.example', true",
        "https://api.llm.example/v1, 'a llm.example', true",
        "https://api.llm.example/v1, llm.example:443, true",
        "https://api.llm.example/v1, llm.example:8443, false",
        "https://api.llm.example/v1, lm.example, false",
        "https://api.llm.example/v1, example.api.llm, false",
        "https://api.llm.example/v1, ., false",
        "https://api.llm.example/v1, ',', false",
        "https://10.1.2.3/v1, 10.1.2.3, true",
        "https://10.1.2.3/v1, 10.0.0.0/8, true",
        "https://10.1.2.3/v1, 10.1.2.0/23, true",
        "https://10.1.2.3/v1, 10.1.4.0/23, false",
        "https://10.1.2.3/v1, 0.0.0.0/0, true",
        "https://10.1.2.3/v1, 10.0.0.0/x, false",
        "https://10.1.2.3/v1, 10.1.2.3/33, false",
        "https://10.1.2.3/v1, 2.3, false",
        "https://[2001:db8::5]/v1, 2001:db8::5, true",
        "https://[2001:db8::5]:8443/v1, [2001:db8::5]:8443, true",
        "https://[2001:db8::5]/v1, 2001:db8::/32, true",
        "https://[2001:db8::5]/v1, 10.0.0.0/8, false"
    })
    void to_anAddressThatNoProxyCovers_isNone(String baseUrl, String noProxy, boolean covered) {
        for (String variable : new String[] {"NO_PROXY", "no_proxy"}) {
            Map<String, String> environment = Map.of("https_proxy", "proxy", variable, noProxy);

            assertThat(to(baseUrl, environment).isEmpty()).isEqualTo(covered);
        }
    }

    @Test
    void to_anAddress_isByTheSystemPropertyFirst() {
        Map<String, String> properties =
                Map.of(
                        "https.proxyHost",
                        "java",
                        "https.proxyPort",
                        "8080",
                        "http.proxyHost",
                        "plain");
        Map<String, String> environment = Map.of("ALL_PROXY", "other", "NO_PROXY", "*");

        ProxyOptions tls =
                new Proxies(environment::get, properties::get)
                        .to(ModelAddress.of("https://llm.example"))
                        .orElseThrow();
        ProxyOptions plain =
                new Proxies(environment::get, properties::get)
                        .to(ModelAddress.of("http://llm.example"))
                        .orElseThrow();

        assertThat(tls.getHost() + ":" + tls.getPort()).isEqualTo("java:8080");
        assertThat(plain.getHost() + ":" + plain.getPort()).isEqualTo("plain:80");
    }

    @ParameterizedTest
    @CsvSource({
        "*.example, true",
        "llm.*, true",
        "x|LLM.example, true",
        "*, true",
        "lm.example, false",
        "*.x, false",
        "|, false"
    })
    void to_anAddressThatTheSystemPropertyExempts_isNone(String exempt, boolean none) {
        Map<String, String> properties =
                Map.of("http.proxyHost", "java", "http.nonProxyHosts", exempt);

        Optional<ProxyOptions> proxy =
                new Proxies(_ -> null, properties::get).to(ModelAddress.of("http://llm.example"));

        assertThat(proxy.isEmpty()).isEqualTo(none);
    }

    private static Optional<ProxyOptions> to(String baseUrl, Map<String, String> environment) {
        return new Proxies(environment::get, _ -> null).to(ModelAddress.of(baseUrl));
    }
}
