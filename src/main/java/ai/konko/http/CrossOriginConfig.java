package ai.konko.http;

import io.smallrye.config.ConfigMapping;
import jakarta.validation.constraints.Pattern;
import java.util.Optional;
import java.util.Set;

/** Which web pages may use the service. */
@ConfigMapping(prefix = "konko.cors")
public interface CrossOriginConfig {

    /**
     * @return origins whose pages may use the service from a browser and read its answers, such as
     *     {@code https://app.example.com}, with commas between them; {@code *} for all. The
     *     service's own page needs none.
     */
    @Pattern(
            regexp =
                    "\\*| *[A-Za-z][A-Za-z0-9+.-]*://[^/\\s,?#@*]+ *(?:, *[A-Za-z][A-Za-z0-9+.-]*://[^/\\s,?#@*]+ *)*",
            message =
                    "must be * or origins such as https://app.example.com, without a path, with commas between them")
    Optional<Set<String>> origins();
}
