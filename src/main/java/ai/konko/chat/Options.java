package ai.konko.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a turn has beside its text, from its post on. It is kept with the turn's reply, so that a
 * retry, or another process, asks the model the same.
 *
 * @param model asked in place of the chat's
 * @param instructions sent in place of the chat's
 * @param parameters given to the model's provider by its own names for them, in place of the chat's
 *     of the same name: {@code tools}, {@code tool_choice} and {@code response_format} among them;
 *     numbers, strings, booleans, and lists and maps of them
 * @param metadata the client's own notes on the turn
 * @param previous what the turn goes on from, as its client has named it
 * @param earlier how many turns right before it came with it, see {@link Post#earlier}
 * @param opening whether the chat was made for this turn
 * @param background whether its client asked not to wait
 * @param unanswered whether nobody is to reply: what the user says is context all the same
 * @param shown parameters that are only shown to the client again: the provider does not get them
 */
public record Options(
        @Nullable String model,
        @Nullable String instructions,
        Map<String, Object> parameters,
        Map<String, String> metadata,
        @Nullable String previous,
        int earlier,
        boolean opening,
        boolean background,
        boolean unanswered,
        Map<String, Object> shown) {

    /**
     * The most UTF-16 units that the parameters of a turn or a chat may have, because each turn
     * keeps its own.
     */
    public static final int MOST_CHARACTERS = 262_144;

    /** Roughly what an entry of an object and an element of a list take beside their values. */
    private static final int ENTRY_WEIGHT = 24;

    private static final int ELEMENT_WEIGHT = 16;

    public static final Options NONE =
            new Options(null, null, Map.of(), Map.of(), null, 0, false, false, false);

    /** Of a message that was taken in without a reply. */
    static final Options UNANSWERED =
            new Options(null, null, Map.of(), Map.of(), null, 0, false, false, true);

    /** Maps may be absent where a log has kept none. */
    public Options {
        parameters = copy(parameters);
        metadata = copy(metadata);
        shown = copy(shown);
    }

    /** Options of which the provider gets all parameters. */
    public Options(
            @Nullable String model,
            @Nullable String instructions,
            Map<String, Object> parameters,
            Map<String, String> metadata,
            @Nullable String previous,
            int earlier,
            boolean opening,
            boolean background,
            boolean unanswered) {
        this(
                model,
                instructions,
                parameters,
                metadata,
                previous,
                earlier,
                opening,
                background,
                unanswered,
                Map.of());
    }

    private static <T> Map<String, T> copy(@Nullable Map<String, T> map) {
        return map == null || map.isEmpty()
                ? Map.of()
                : Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    /** Of a turn that only gives the provider other parameters. */
    public static Options ofParameters(Map<String, Object> parameters) {
        return new Options(null, null, parameters, Map.of(), null, 0, false, false, false);
    }

    /** The same, of a turn for which its chat was made. */
    public Options ofNewChat() {
        return with(model, instructions, true, unanswered);
    }

    /** The same, with this model and these instructions if they have none. */
    public Options orElse(@Nullable String otherModel, @Nullable String otherInstructions) {
        return with(
                model == null ? otherModel : model,
                instructions == null ? otherInstructions : instructions,
                opening,
                unanswered);
    }

    /** The same, of a turn that has a reply, or none. */
    Options unanswered(boolean nobodyIsToReply) {
        return with(model, instructions, opening, nobodyIsToReply);
    }

    private Options with(
            @Nullable String which, @Nullable String told, boolean first, boolean alone) {
        return new Options(
                which,
                told,
                parameters,
                metadata,
                previous,
                earlier,
                first,
                background,
                alone,
                shown);
    }

    /**
     * @return how many UTF-16 units these options hold in all, roughly; objects and lists weigh
     *     something too
     */
    public int characters() {
        long sum = weight(model) + weight(instructions) + weight(previous);
        sum += weight(parameters) + weight(shown) + weight(metadata);
        return (int) Math.min(sum, Integer.MAX_VALUE);
    }

    /** The same of such parameters. */
    public static int characters(Map<String, ? extends @Nullable Object> parameters) {
        return (int) Math.min(weight(parameters), Integer.MAX_VALUE);
    }

    private static long weight(@Nullable Object value) {
        long sum = 0;
        switch (value) {
            case null -> {
                // Nothing is kept of it.
            }
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> each : map.entrySet()) {
                    sum += ENTRY_WEIGHT + weight(each.getKey()) + weight(each.getValue());
                }
            }
            case List<?> list -> {
                for (Object each : list) {
                    sum += ELEMENT_WEIGHT + weight(each);
                }
            }
            default -> sum = value.toString().length();
        }
        return sum;
    }

    @Override
    public String toString() {
        return "Options[characters=" + characters() + "]";
    }
}
