package ai.konko.openai;

import ai.konko.chat.Item;
import ai.konko.chat.Written;
import ai.konko.conversation.Position;
import ai.konko.openai.Ids.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where in a response's output a stream is, and the numbers of its events, which are the same for
 * everybody who reads the response, however often.
 *
 * <p>An item that is erased has its numbers, which no event has, and no place in the output.
 *
 * <p>The events before the output have 0 and 1. A text has two events before its deltas, a delta's
 * number is that of the {@link Position} up to and with it, and three events end a text. An item
 * that is no text begins with up to two events after those, and ends with three. So the numbers
 * grow, with gaps, and a client that gives the last one it has is sent only what it lacks.
 *
 * @param position up to which the client has the output
 * @param before the kinds of the items that are over, with those of erased ones
 * @param erased how many of these are erased
 * @param textFrom where in the reply's text the next text begins, or the one under way has begun
 */
record OutputPlace(Position position, List<Kind> before, int erased, int textFrom) {
    static final OutputPlace START = new OutputPlace(Position.START, List.of(), 0, 0);

    /** The number of the last event before the first delta, if a response begins with text. */
    static final int BEFORE_TEXT = 3;

    /** How many numbers an event of an item takes up, and a character of reasoning. */
    private static final int PER_EVENT = 5;

    /** How many events end a text, or an item. */
    static final int AT_END = 3;

    OutputPlace {
        before = List.copyOf(before);
    }

    /** The number of the delta that ends at this position. */
    static int number(int length, int events) {
        return BEFORE_TEXT + length + PER_EVENT * events;
    }

    /** How many events and characters of reasoning the items of a reply take up. */
    static int events(List<Item> items) {
        return items.stream().mapToInt(each -> 2 + thoughts(each)).sum();
    }

    private static int thoughts(Item item) {
        return item instanceof Item.Reasoning reasoning ? reasoning.text().length() : 0;
    }

    static int number(Position position) {
        return number(position.length(), position.events());
    }

    /**
     * @param number of the last event that the client has
     * @param over whether the response has ended
     * @return from where on the client lacks what there is; null if there is no such event
     */
    static @Nullable OutputPlace after(int number, Written written, boolean over) {
        return new Search(number).in(written, over);
    }

    /** Goes through a response's output until it has come to an event's number. */
    private static final class Search {
        private final int number;
        private final List<Kind> before = new ArrayList<>();
        private int erased;
        private int textFrom;
        private int events;

        Search(int number) {
            this.number = number;
        }

        @Nullable OutputPlace in(Written written, boolean over) {
            for (Item each : written.items()) {
                OutputPlace found = until(each);
                if (found != null) {
                    return found;
                }
            }
            int length = written.text().length();
            OutputPlace inText = text(length);
            if (inText != null) {
                return inText;
            }
            int last = number(length, events) + (over ? AT_END + 1 : 0);
            return number <= last ? at(length) : null;
        }

        private @Nullable OutputPlace until(Item item) {
            int offset = item.offset();
            OutputPlace inText = text(offset);
            if (inText != null) {
                return inText;
            }
            if (number < number(offset, events + 1)) {
                return at(offset);
            }
            if (offset > textFrom) {
                before.add(Kind.MESSAGE);
                textFrom = offset;
            }
            events++;
            int thoughts = thoughts(item);
            int into = number - number(offset, events);
            if (into < PER_EVENT * thoughts) {
                events += into / PER_EVENT;
                return into % PER_EVENT == 0 ? at(offset) : null;
            }
            events += thoughts;
            if (number < number(offset, events + 1) - 1) {
                return at(offset);
            }
            before.add(ItemView.kind(item));
            erased += item instanceof Item.Erased ? 1 : 0;
            events++;
            return null;
        }

        /** In the text up to there, its end not included. */
        private @Nullable OutputPlace text(int until) {
            int into = number - number(textFrom, events);
            return into < until - textFrom ? at(textFrom + Math.max(0, into)) : null;
        }

        private OutputPlace at(int length) {
            return new OutputPlace(new Position(length, events), before, erased, textFrom);
        }
    }
}
