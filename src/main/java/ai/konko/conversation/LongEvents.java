package ai.konko.conversation;

import ai.konko.chat.Message;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/**
 * Events that carry all of a long reply, given out part by part: a client that does not read costs
 * one part. They are made once with a word in place of the text, and the text is put there as it is
 * sent.
 */
final class LongEvents {
    private static final int PART = 16_384;
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();

    /** What stands before, between and after the text, which comes once or several times. */
    private final String[] frames;

    private final String text;
    private int frame;

    /** How much of the text was given since the last frame. */
    private int given;

    private LongEvents(String[] frames, String text) {
        this.frames = frames;
        this.text = text;
        this.given = text.length();
    }

    /**
     * @param events makes the events of a message that has another text
     */
    static LongEvents of(Message message, BiConsumer<Message, StringBuilder> events) {
        String word = "text-" + UUID.randomUUID();
        StringBuilder made = new StringBuilder();
        events.accept(message.saying(word), made);
        return new LongEvents(made.toString().split(Pattern.quote(word), -1), message.content());
    }

    /** Gives out the next part. */
    void next(StringBuilder out) {
        if (given == text.length()) {
            out.append(frames[frame]);
            frame++;
            given = frame < frames.length ? 0 : given;
            return;
        }
        int until = Math.min(text.length(), given + PART);
        if (until < text.length() && Character.isHighSurrogate(text.charAt(until - 1))) {
            until--;
        }
        STRINGS.quoteAsString(text.substring(given, until), out);
        given = until;
    }

    boolean over() {
        return frame == frames.length;
    }
}
