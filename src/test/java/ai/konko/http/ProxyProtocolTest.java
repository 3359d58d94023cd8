package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A load balancer in front that says by the PROXY protocol whose connection it is. */
@QuarkusTest
@TestProfile(ProxyProtocolTest.Proxied.class)
class ProxyProtocolTest {
    private static final String PROXY = "PROXY TCP4 192.0.2.1 192.0.2.2 40000 80\r\n";

    /** As it is set for such a load balancer. */
    public static final class Proxied implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.http.proxy.use-proxy-protocol", "true");
        }
    }

    @TestHTTPResource URI base;

    @Test
    void aRequest_afterTheProxysLine_isAnswered() throws IOException {
        try (Wire wire = Wire.to(base)) {
            wire.send(PROXY + "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(wire.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void whatTheGateRefuses_isRefusedThereToo() throws IOException {
        String answer =
                Wire.exchange(
                        base,
                        PROXY + "POST /chats HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 400").contains("urn:konko:problem:bad-header");
    }
}
