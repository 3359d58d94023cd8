package ai.konko.assistant;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Looks at an answer that is passed on, byte by byte as it comes: a few fields are known by their
 * names, wherever they stand, and nothing else is kept. Only an error counts by its place, as in
 * {@link ChunkReader}, because some providers also report errors of what they do beside the answer.
 * A name can't be taken for part of a text, because quotes in texts are escaped.
 */
final class JsonGlance {
    /** A longer value is not kept. */
    private static final int LONGEST = 16 * 1024;

    private static final int LONGEST_NAME = 64;

    private final byte[] last = new byte[LONGEST_NAME];
    private int length;
    private int depth;
    private boolean inString;
    private boolean escaped;
    private boolean begun;

    /** Whose value is open, by depth; deeper ones do not matter, nor what closes too much. */
    private final AnswerField[] path = new AnswerField[4];

    /** Whose value comes next. */
    private AnswerField awaited = AnswerField.NONE;

    /** Whose value has just opened, and may be empty. */
    private AnswerField opened = AnswerField.NONE;

    /** What is kept at the moment, until this depth is reached again. */
    private @Nullable ByteArrayOutputStream kept;

    private int keptDepth;

    /** From where on in the part. */
    private int keptFrom;

    private boolean noChoices;
    private boolean spoke;
    private boolean failed;
    private boolean counted;
    private int reasons;
    private @Nullable String reason;
    private byte @Nullable [] usage;

    /** Begins with another text. */
    void begin() {
        depth = 0;
        inString = false;
        escaped = false;
        begun = false;
        awaited = AnswerField.NONE;
        opened = AnswerField.NONE;
        kept = null;
        noChoices = false;
        spoke = false;
        failed = false;
        counted = false;
        reasons = 0;
    }

    void read(ByteBuffer part) {
        byte[] bytes = part.array();
        int at = part.arrayOffset() + part.position();
        int end = part.arrayOffset() + part.limit();
        keptFrom = at;
        while (at < end) {
            at = inString ? readText(bytes, at, end) : readPlain(bytes, at, end);
        }
        keep(bytes, end);
    }

    /**
     * @return where the text ends, or the part
     */
    private int readText(byte[] bytes, int from, int end) {
        int at = from;
        while (at < end && (escaped || bytes[at] != '"')) {
            escaped = !escaped && bytes[at] == '\\';
            at++;
        }
        if (length < LONGEST_NAME) {
            System.arraycopy(bytes, from, last, length, Math.min(at - from, LONGEST_NAME - length));
        }
        length += at - from;
        if (at == end) {
            return end;
        }
        inString = false;
        note(opened, length > 0);
        return at + 1;
    }

    /**
     * @return where a text begins, or the part ends
     */
    private int readPlain(byte[] bytes, int from, int end) {
        for (int at = from; at < end; at++) {
            byte unit = bytes[at];
            if (unit <= ' ') {
                continue;
            }
            if (opened != AnswerField.NONE) {
                note(opened, unit != ']' && unit != '}');
            }
            if (unit == '"') {
                begun = true;
                inString = true;
                length = 0;
                opened = awaited;
                awaited = AnswerField.NONE;
                return at + 1;
            }
            read(unit, bytes, at);
        }
        return end;
    }

    private void read(byte unit, byte[] bytes, int at) {
        AnswerField value = awaited;
        awaited = AnswerField.NONE;
        begun = true;
        switch (unit) {
            case '{', '[' -> {
                opened = value;
                if (value == AnswerField.USAGE && unit == '{') {
                    kept = new ByteArrayOutputStream();
                    keptFrom = at;
                    keptDepth = depth;
                }
                if (depth >= 0 && depth < path.length) {
                    path[depth] = value;
                }
                depth++;
            }
            case '}', ']' -> {
                depth--;
                if (kept != null && depth == keptDepth) {
                    keep(bytes, at + 1);
                    usage = kept.size() < LONGEST ? kept.toByteArray() : usage;
                    counted = true;
                    kept = null;
                }
            }
            case ':' -> {
                AnswerField name = AnswerField.of(last, length);
                awaited = name == AnswerField.ERROR && !errorCounts() ? AnswerField.NONE : name;
            }
            default -> {}
        }
    }

    /** At the top, in Groq's part, in a choice, and in its delta or message. */
    private boolean errorCounts() {
        return switch (depth) {
            case 1 -> true;
            case 2 -> path[1] == AnswerField.GROQ;
            case 3 -> path[1] == AnswerField.CHOICES;
            case 4 ->
                    path[1] == AnswerField.CHOICES
                            && (path[3] == AnswerField.DELTA || path[3] == AnswerField.MESSAGE);
            default -> false;
        };
    }

    private void keep(byte[] bytes, int to) {
        if (kept != null && kept.size() < LONGEST) {
            kept.write(bytes, keptFrom, Math.min(to - keptFrom, LONGEST - kept.size()));
        }
    }

    /** Now it is known whether a value has anything in it. */
    private void note(AnswerField name, boolean something) {
        opened = AnswerField.NONE;
        switch (name) {
            case CHOICES -> noChoices = !something;
            case CONTENT, TEXT, CALLS -> spoke |= something;
            case ERROR -> failed |= something;
            case REASON -> {
                if (something) {
                    reasons++;
                    int known = Math.min(length, LONGEST_NAME);
                    reason = new String(last, 0, known, StandardCharsets.UTF_8);
                }
            }
            case NONE, USAGE, DELTA, MESSAGE, GROQ -> {}
        }
    }

    /** Whether all that has opened is closed again. */
    boolean isWhole() {
        return begun && depth == 0 && !inString;
    }

    /** Whether there is a usage, and a list of choices with none in it. */
    boolean onlyCounts() {
        return counted && noChoices;
    }

    /** Whether the model has written something in it. */
    boolean spoke() {
        return spoke;
    }

    boolean failed() {
        return failed;
    }

    /**
     * @return how many choices say that they are over
     */
    int reasons() {
        return reasons;
    }

    /**
     * @return the last finish reason of all texts
     */
    @Nullable String reason() {
        return reason;
    }

    /**
     * @return the last usage of all texts, as JSON
     */
    byte @Nullable [] usage() {
        return usage;
    }
}
