package ai.konko.assistant;

import ai.konko.chat.WellFormed;

/**
 * Text and reasoning that came and are not given out yet. Never half of a surrogate pair is given
 * out.
 */
final class AnswerText {
    private final DraftWriter out;
    private final StringBuilder text = new StringBuilder();

    /** Whether it is reasoning. */
    private boolean thinking;

    private boolean thought;
    private boolean spoken;

    AnswerText(DraftWriter out) {
        this.out = out;
    }

    /** Whether there was any text. */
    boolean spoken() {
        return spoken;
    }

    /** Whether there was any reasoning. */
    boolean thought() {
        return thought;
    }

    /** How much is not given out yet. */
    int held() {
        return text.length();
    }

    void speak(String piece) {
        if (!piece.isEmpty()) {
            add(piece, false);
            spoken = true;
        }
    }

    void think(String piece) {
        if (!piece.isEmpty()) {
            add(piece, true);
            thought = true;
        }
    }

    private void add(String piece, boolean reasoning) {
        if (reasoning != thinking) {
            giveOut(true);
            thinking = reasoning;
        }
        text.append(piece);
    }

    /**
     * @param all whether nothing can follow at once
     */
    void giveOut(boolean all) {
        int end = text.length();
        if (!all && end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        if (end > 0) {
            String piece = WellFormed.repaired(text.substring(0, end));
            text.delete(0, end);
            if (thinking) {
                out.reasoning(piece);
            } else {
                out.text(piece);
            }
        }
    }
}
