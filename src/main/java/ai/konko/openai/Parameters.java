package ai.konko.openai;

import ai.konko.chat.RefusedException;
import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parameters that only tune how the model writes. They are sent to the provider, by their names in
 * chat completions.
 */
final class Parameters {
    private static final int LONGEST = 64;
    private static final int MOST_BIASED = 1000;
    private static final Pattern TOKEN = Pattern.compile("[0-9]{1,9}");

    private final Map<String, Object> parameters = new LinkedHashMap<>();

    Map<String, Object> all() {
        return parameters;
    }

    Parameters number(String name, @Nullable Double number, double least, double most) {
        if (number != null) {
            if (!(number >= least && number <= most)) {
                throw RefusedException.invalid(
                        name, "must be a number from %s to %s".formatted(least, most));
            }
            parameters.put(name, number);
        }
        return this;
    }

    /**
     * @param theirs the parameter's name in chat completions
     */
    Parameters count(String name, String theirs, @Nullable Integer count) {
        if (count != null) {
            if (count < 1) {
                throw RefusedException.invalid(name, "must be at least 1");
            }
            parameters.put(theirs, count);
        }
        return this;
    }

    Parameters any(String name, @Nullable Object value) {
        if (value != null) {
            parameters.put(name, value);
        }
        return this;
    }

    /**
     * How much more or less likely tokens are made, by their numbers; null in JSON means no change.
     */
    Parameters bias(@Nullable Map<String, Integer> bias) {
        if (bias != null) {
            bias.forEach(
                    (token, by) -> {
                        if (!TOKEN.matcher(token).matches() || by == null || Math.abs(by) > 100) {
                            throw RefusedException.invalid(
                                    "logit_bias",
                                    "must have numbers of tokens, each with a whole number from -100 to 100");
                        }
                    });
            if (bias.size() > MOST_BIASED) {
                throw RefusedException.invalid(
                        "logit_bias", "must have at most " + MOST_BIASED + " tokens");
            }
            parameters.put("logit_bias", bias);
        }
        return this;
    }

    /** The same with a greatest; 0 is as good as none. */
    Parameters count(String name, @Nullable Integer count, int most) {
        if (count != null && (count < 0 || count > most)) {
            throw RefusedException.invalid(
                    name, "must be a whole number from 0 to %d".formatted(most));
        }
        return count == null || count == 0 ? this : any(name, count);
    }

    /** How fast the provider is to be. */
    Parameters tier(@Nullable JsonNode tier) {
        boolean byDefault = "auto".equals(RequestParameters.orMissing(tier).textValue());
        return byDefault ? this : word("service_tier", "service_tier", tier);
    }

    /** An object that only the provider understands. */
    Parameters object(String name, @Nullable JsonNode object) {
        JsonNode given = RequestParameters.orMissing(object);
        if (given.isMissingNode()) {
            return this;
        }
        if (!given.isObject()) {
            throw RefusedException.invalid(name, "must be an object");
        }
        return any(name, ProviderForm.plain(name, given));
    }

    /** A word that only the provider understands. */
    Parameters word(String name, String theirs, @Nullable JsonNode word) {
        if (RequestParameters.isGiven(word)) {
            parameters.put(theirs, text(name, RequestParameters.orMissing(word)));
        }
        return this;
    }

    /** The texts at which the model stops: one, or a list of up to four. */
    Parameters stop(@Nullable JsonNode given) {
        JsonNode stop = RequestParameters.orMissing(given);
        if (!stop.isMissingNode()) {
            List<String> texts = new ArrayList<>();
            if (stop.isArray()) {
                stop.forEach(each -> texts.add(text("stop", each)));
            } else {
                texts.add(text("stop", stop));
            }
            if (texts.size() > 4) {
                throw RefusedException.invalid("stop", "must have at most 4 texts");
            }
            parameters.put("stop", texts);
        }
        return this;
    }

    private static String text(String name, JsonNode node) {
        if (!node.isTextual()
                || node.textValue().isEmpty()
                || node.textValue().length() > LONGEST
                || !WellFormed.holds(node.textValue())) {
            throw RefusedException.invalid(
                    name, "must be text of 1 to %d characters".formatted(LONGEST));
        }
        return node.textValue();
    }
}
