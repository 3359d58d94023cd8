package ai.konko.openai;

import java.util.List;

/** Somebody who uses LangChain4j's clients of OpenAI. */
public interface LangChain4jUser {

    /** The ways to the service; what is kept is asked for with {@code store}. */
    enum Way {
        COMPLETIONS,
        KEPT_COMPLETIONS,
        RESPONSES,
        KEPT_RESPONSES;

        public boolean isKept() {
            return name().startsWith("KEPT");
        }

        public boolean isResponses() {
            return name().endsWith("RESPONSES");
        }
    }

    /** The most messages that are remembered of a dialogue. */
    int WINDOW = 10;

    /**
     * Asks an AI service with a tool and a window of memory.
     *
     * @return its answers
     */
    List<String> ask(List<String> questions);

    /**
     * The same of an AI service that streams.
     *
     * @return all text of each answer
     */
    List<String> askStreaming(List<String> questions);

    /** With what the tool was called. */
    List<String> called();

    /**
     * @return the object that an AI service makes of a text, as text
     */
    String read(String text);

    /**
     * @return what the model says of an image
     */
    String look(String question, String url);
}
