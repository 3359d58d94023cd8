package ai.konko.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client chooses for a chat.
 *
 * @param instructions the chat's system prompt
 * @param model the model to ask in place of the configured one
 * @param metadata the client's own notes, in the order it gave them
 * @param parameters given to the model's provider with each turn, as those of {@link Options}
 * @param memory how much of the chat the model sees
 */
public record Settings(
        @Nullable String title,
        @Nullable String instructions,
        @Nullable String model,
        Map<String, String> metadata,
        Map<String, Object> parameters,
        Memory memory) {

    public static final Settings NONE = new Settings(null, null, null, Map.of());

    public Settings {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /** Settings without parameters. */
    public Settings(
            @Nullable String title,
            @Nullable String instructions,
            @Nullable String model,
            Map<String, String> metadata) {
        this(title, instructions, model, metadata, Map.of());
    }

    /** Settings that leave the memory to the service's own. */
    public Settings(
            @Nullable String title,
            @Nullable String instructions,
            @Nullable String model,
            Map<String, String> metadata,
            Map<String, Object> parameters) {
        this(title, instructions, model, metadata, parameters, Memory.NONE);
    }

    /**
     * The rule of which model is asked: the turn's own, else the chat's, else the configured one.
     *
     * @param named by the turn
     * @param byDefault the configured one
     */
    public String modelToAsk(@Nullable String named, String byDefault) {
        return named == null ? modelToAsk(byDefault) : named;
    }

    /**
     * @return the model that is asked for turns that name none
     */
    public String modelToAsk(String byDefault) {
        return model == null ? byDefault : model;
    }

    /**
     * @return how many UTF-16 units these settings hold in all.
     */
    public int characters() {
        int sum = length(title) + length(instructions) + length(model);
        sum += parameters.isEmpty() ? 0 : Options.characters(parameters);
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            sum += entry.getKey().length() + entry.getValue().length();
        }
        return sum;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    @Override
    public String toString() {
        return "Settings[characters=" + characters() + "]";
    }
}
