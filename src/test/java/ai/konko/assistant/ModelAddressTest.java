package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelAddressTest {

    @ParameterizedTest
    @CsvSource({
        "https://api.openai.com/v1, https://api.openai.com/v1/chat/completions",
        "https://api.openai.com/v1/, https://api.openai.com/v1/chat/completions",
        "https://api.openai.com/v1//, https://api.openai.com/v1/chat/completions",
        "https://api.openai.com, https://api.openai.com/chat/completions",
        "HTTPS://API.OpenAI.com:443/V1, https://api.openai.com/V1/chat/completions",
        "' http://h/v1\n', http://h/v1/chat/completions",
        "http:/h/v1, http://h/v1/chat/completions",
        "http:\\\\h\\v1, http://h/v1/chat/completions",
        "http://my_llm:4000/v1, http://my_llm:4000/v1/chat/completions",
        "http://h:80/v1, http://h/v1/chat/completions",
        "http://h:/v1, http://h/v1/chat/completions",
        "http://h:00080/v1, http://h/v1/chat/completions",
        "https://h:80/v1, https://h:80/v1/chat/completions",
        "http://h./v1, http://h./v1/chat/completions",
        "http://[::1]:8080/v1, http://[0:0:0:0:0:0:0:1]:8080/v1/chat/completions",
        "https://[2001:DB8::1]/v1, https://[2001:db8:0:0:0:0:0:1]/v1/chat/completions",
        "http://b\u00fccher.example/v1, http://xn--bcher-kva.example/v1/chat/completions",
        "http://h/v1/chat/completions, http://h/v1/chat/completions",
        "http://h/v1/chat/completions/, http://h/v1/chat/completions",
        "http://h/a/../v1/./, http://h/v1/chat/completions",
        "http://h/../../v1, http://h/v1/chat/completions",
        "http://h/a b/\u00e9%20, http://h/a%20b/%C3%A9%20/chat/completions",
        "http://h/d?api-version=2024-06-01, http://h/d/chat/completions?api-version=2024-06-01",
        "http://h/d/?a=1&b=/x?y, http://h/d/chat/completions?a=1&b=/x?y",
        "http://h?a=b c, http://h/chat/completions?a=b%20c",
        "http://h/v1?, http://h/v1/chat/completions",
        "http://h/v1#top, http://h/v1/chat/completions",
        "http://u:p@h/v1, http://h/v1/chat/completions"
    })
    void of_aUrlAsBrowsersTakeIt_isTheAddressOfCompletions(String baseUrl, String completions) {
        ModelAddress address = ModelAddress.of(baseUrl);

        assertThat(address.absolute()).isEqualTo(completions);
        assertThat(completions).endsWith(address.target());
        assertThat(address.host()).doesNotContain("[");
    }

    @ParameterizedTest
    @CsvSource({"http://h, 80", "https://h, 443", "http://h:8443, 8443", "https://h:80, 80"})
    void of_aUrl_knowsItsPort(String baseUrl, int port) {
        assertThat(ModelAddress.of(baseUrl).port()).isEqualTo(port);
    }

    @ParameterizedTest
    @CsvSource({
        "http://h, ",
        "http://me:secret@h, me:secret",
        "http://me@h, me:",
        "http://me:@h, me:",
        "http://m%3Ae@h, m:e:",
        "http://:secret@h, :secret",
        "http://@h, ",
        "http://:@h, ",
        "http://me:p%40ss%3A+@h, me:p@ss:+",
        "http://me:p@ss@h, me:p@ss",
        "http://me:p%zzw%@h, me:p%zzw%"
    })
    void of_aUrlWithAUser_knowsThem(String baseUrl, String user) {
        ModelAddress address = ModelAddress.of(baseUrl);

        assertThat(address.user()).isEqualTo(user);
        assertThat(address.host()).isEqualTo("h");
    }

    @Test
    void toString_hasNoUser() {
        assertThat(ModelAddress.of("http://me:secret@h/v1").toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SECRET",
                "SECRET:11434/v1",
                "//SECRET/v1",
                "ftp://SECRET/v1",
                "http://",
                "http:///",
                "https://:443/v1",
                "http://SECRET:0/v1",
                "http://SECRET:65536/v1",
                "http://SECRET:99999999999/v1",
                "http://SECRET:x/v1",
                "http://SECRET:-1/v1",
                "http://a:b:c/SECRET",
                "http://[::1/SECRET",
                "http://[SECRET]/v1",
                "http://[127.0.0.1]/SECRET",
                "http://[::1]x/SECRET",
                "http://SEC RET/v1",
                "http://SEC%20RET/v1",
                "http://SECRET%2/v1",
                "http://SEC<RET/v1",
                "http://.SECRET/v1",
                "http://SE\r\nCRET/v1"
            })
    void of_whatIsNoAddress_saysWhyWithoutIt(String baseUrl) {
        assertThatThrownBy(() -> ModelAddress.of(baseUrl))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("must ")
                .hasMessageNotContaining("SECRET");
    }

    @ParameterizedTest
    @CsvSource({
        "https://api.openai.com/v1, true",
        "https://eu.api.openai.com/v1, true",
        "https://a.openai.azure.com/openai/deployments/d?api-version=1, true",
        "https://a.cognitiveservices.azure.com/openai/v1, true",
        "https://a.services.ai.azure.com/openai/v1, true",
        "http://localhost:11434/v1, false",
        "https://openai.com.example/v1, false",
        "https://api.openai.com.example/v1, false",
        "https://xapi.openai.com/v1, false"
    })
    void isOpenAi_isToldByTheHost(String baseUrl, boolean is) {
        assertThat(ModelAddress.of(baseUrl).isOpenAi()).isEqualTo(is);
    }

    @ParameterizedTest
    @CsvSource({
        "http://h/v1, http://h/v1/embeddings",
        "http://h, http://h/embeddings",
        "http://h/d?a=/b, http://h/d/embeddings?a=/b",
        "http://h/v1/chat/completions, http://h/v1/embeddings"
    })
    void at_anotherPath_isBehindTheBase(String baseUrl, String address) {
        assertThat(ModelAddress.of(baseUrl).at("embeddings").absolute()).isEqualTo(address);
    }
}
