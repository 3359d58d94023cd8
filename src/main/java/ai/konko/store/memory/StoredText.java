package ai.konko.store.memory;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.konko.chat.Message;
import ai.konko.chat.SearchText;
import java.util.function.IntUnaryOperator;

/** A message's text as it was when it was read; it does not change, so it needs no lock. */
sealed interface StoredText {
    /** How many bytes or UTF-16 units a search looks at before it lets others go first. */
    int PORTION = 1 << 15;

    /** How long it is, in bytes or UTF-16 units. */
    int length();

    /** Looks through a part of it. */
    boolean finds(SearchText.Scan scan, int from, int to);

    /** The byte or UTF-16 unit there. */
    int unit(int at);

    /**
     * @return the end of the part that begins at {@code from}: before the first ASCII character
     *     after {@link #PORTION}
     */
    static int partEnd(int from, int length, IntUnaryOperator units) {
        int end = Math.min(length, from + PORTION);
        while (end < length && !SearchText.beginsPart(units.applyAsInt(end))) {
            end++;
        }
        return end;
    }

    /**
     * @param afterEach runs after each part but the last
     * @return whether it has the searched text
     */
    default boolean has(SearchText searched, Runnable afterEach) {
        SearchText.Scan scan = searched.scan();
        int end;
        for (int from = 0; from < length(); from = end) {
            end = partEnd(from, length(), this::unit);
            if (finds(scan, from, end)) {
                return true;
            }
            if (end < length()) {
                afterEach.run();
            }
        }
        return false;
    }

    /** A part of a turn's bytes. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    record Utf8(byte[] bytes, int begin, int end) implements StoredText {
        @Override
        public int length() {
            return end - begin;
        }

        @Override
        public boolean finds(SearchText.Scan scan, int from, int to) {
            return scan.finds(bytes, begin + from, begin + to);
        }

        @Override
        public int unit(int at) {
            return bytes[begin + at];
        }

        @Override
        public String toString() {
            return new String(bytes, begin, end - begin, UTF_8);
        }
    }

    /** The text of a reply that is not packed. */
    record OfMessage(Message message) implements StoredText {
        @Override
        public int length() {
            return message.content().length();
        }

        @Override
        public boolean finds(SearchText.Scan scan, int from, int to) {
            return scan.finds(message.content().substring(from, to));
        }

        @Override
        public int unit(int at) {
            return message.content().charAt(at);
        }

        @Override
        public String toString() {
            return message.content();
        }
    }
}
