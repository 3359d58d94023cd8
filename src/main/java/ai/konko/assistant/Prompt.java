package ai.konko.assistant;

import java.util.List;
import java.util.Map;

/**
 * What the model is asked where no chat is behind it.
 *
 * @param said what the model sees, in this order; at least one
 * @param parameters sent to the provider as they are
 * @param streamed whether the answer is to come piece by piece
 */
public record Prompt(
        String model, List<Said> said, Map<String, Object> parameters, boolean streamed) {

    public Prompt {
        said = List.copyOf(said);
    }

    @Override
    public String toString() {
        return "Prompt[model=" + model + "]";
    }

    /** Who says something to the model. */
    public enum Speaker {
        SYSTEM,
        USER,
        ASSISTANT
    }

    /**
     * One message.
     *
     * @param text to the letter, not blank
     */
    public record Said(Speaker by, String text) {
        @Override
        public String toString() {
            return "Said[by=" + by + "]";
        }
    }
}
