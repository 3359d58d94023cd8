package ai.konko.openai;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Pattern;
import java.util.Set;

/** What is passed on to the provider. */
@ConfigMapping(prefix = "konko")
public interface PassThroughConfig {
    String NAMES = "(?:chat/completions|completions|embeddings|moderations)";

    /**
     * @return the requests under {@code /v1} that are passed on to the provider as they come, and
     *     its answers back: {@code chat/completions} (those that are not stored), {@code
     *     completions}, {@code embeddings}, {@code moderations}; {@code none} for none of them.
     */
    @Pattern(
            regexp = "none| *" + NAMES + " *(?:, *" + NAMES + " *)*",
            message =
                    "must be none, or some of chat/completions, completions, embeddings, moderations")
    @WithDefault("chat/completions,completions,embeddings,moderations")
    Set<String> passthrough();
}
