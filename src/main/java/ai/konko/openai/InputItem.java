package ai.konko.openai;

import ai.konko.chat.Attachment;
import ai.konko.chat.Item;
import java.util.List;

/** One item of a list that a client sends. */
sealed interface InputItem {

    /** Where in the request it is. */
    String path();

    /** Who says something. */
    enum Role {
        USER,
        ASSISTANT,
        /** System or developer. */
        SYSTEM
    }

    /**
     * Somebody has said something.
     *
     * @param text may be empty
     * @param shown a user's images and files, in order, each at its place in the text
     * @param attachments those of them whose bytes have come
     */
    record Spoken(String path, Role by, String text, List<Item> shown, List<Attachment> attachments)
            implements InputItem {
        /** A message of text alone. */
        Spoken(String path, Role by, String text) {
            this(path, by, text, List.of(), List.of());
        }

        boolean isEmpty() {
            return text.isEmpty() && shown.isEmpty();
        }

        @Override
        public String toString() {
            return "Spoken[by=" + by + "]";
        }
    }

    /** The model wants a function to be called. */
    record Called(String path, String callId, String name, String arguments) implements InputItem {
        @Override
        public String toString() {
            return "Called[callId=" + callId + "]";
        }
    }

    /** What came of a call. */
    record Answered(String path, String callId, String output) implements InputItem {
        @Override
        public String toString() {
            return "Answered[callId=" + callId + "]";
        }
    }

    /** An item that this service has given. */
    record Reference(String path, String id) implements InputItem {}
}
