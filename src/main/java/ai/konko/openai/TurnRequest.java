package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Options;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import ai.konko.http.TextBound;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The turn that a request asks for, checked.
 *
 * @param parameter the one that has all that is said
 * @param earlier turns that come before it in the request
 * @param message what is said to the model
 * @param instructions those that come with the input, and are part of those in the options
 * @param options without those that depend on the chat that it continues
 */
record TurnRequest(
        String parameter,
        List<PastTurn> earlier,
        PastTurn message,
        @Nullable String instructions,
        Options options,
        boolean streamed) {
    private static final String INPUT = "input";
    private static final String MESSAGES = "messages";
    private static final PastTurn NOTHING = new PastTurn("", List.of(), null, null);

    /**
     * @param input the request's, with nothing that is only referred to
     * @throws RefusedException if something is not supported, or breaks a rule
     */
    static TurnRequest of(ResponseBody body, Dialogue input, ChatLimits limits) {
        return of(body, input, body.generates(), limits);
    }

    /** The same of one for which no model is asked, so that nothing need be said. */
    static TurnRequest unanswered(ResponseBody body, Dialogue input, ChatLimits limits) {
        return of(body, input, false, limits);
    }

    private static TurnRequest of(
            ResponseBody body, Dialogue input, boolean toAnswer, ChatLimits limits) {
        Dialogue.ByTurns turns = input.byTurns(toAnswer, limits);
        boolean background = RequestParameters.is(body.background());
        return new TurnRequest(
                INPUT,
                turns.turns(),
                toAnswer ? last(turns, INPUT, limits) : orNothing(turns.last()),
                turns.instructions(),
                new Options(
                        body.model(),
                        joined(body.instructions(), turns.instructions(), limits),
                        bounded(body.parameters()),
                        RequestParameters.metadata(body.metadata(), limits),
                        body.previousResponseId(),
                        turns.turns().size(),
                        false,
                        background,
                        false,
                        body.shown()),
                body.streams() || background);
    }

    /** The turn of a chat completion that is kept. */
    static TurnRequest of(CompletionBody body, Dialogue.ByTurns messages, ChatLimits limits) {
        return new TurnRequest(
                MESSAGES,
                messages.turns(),
                last(messages, MESSAGES, limits),
                messages.instructions(),
                new Options(
                        body.model(),
                        messages.instructions(),
                        bounded(body.parameters()),
                        Map.of(),
                        null,
                        messages.turns().size(),
                        false,
                        false,
                        false),
                body.streams());
    }

    /** What a turn keeps of tools and the like has a bound. */
    private static Map<String, Object> bounded(Map<String, Object> parameters) {
        if (Options.characters(parameters) > Options.MOST_CHARACTERS) {
            throw RefusedException.invalid(
                    "tools",
                    "must have at most %d characters, with all other parameters"
                            .formatted(Options.MOST_CHARACTERS));
        }
        return parameters;
    }

    /** What is said last, to which there is no reply yet: nothing, if the input ends with one. */
    private static PastTurn last(Dialogue.ByTurns input, String parameter, ChatLimits limits) {
        if (input.all().isEmpty()) {
            throw RefusedException.invalid(parameter, "must not be blank");
        }
        PastTurn last = orNothing(input.last());
        CallRules.check(parameter, input.turns(), last);
        if (!last.equals(NOTHING) && (last.items().isEmpty() || !last.message().isEmpty())) {
            RequestParameters.text(parameter, last.message(), TextBound.MESSAGE, limits);
        }
        return last;
    }

    private static PastTurn orNothing(@Nullable PastTurn last) {
        return last == null ? NOTHING : last;
    }

    /** The same, with this model if it names none. */
    TurnRequest orElse(@Nullable String model) {
        return new TurnRequest(
                parameter, earlier, message, instructions, options.orElse(model, null), streamed);
    }

    /**
     * The same after turns that its client has not sent again.
     *
     * @param said the instructions of these, in place of none
     * @param asked the model of these, in place of none
     */
    TurnRequest after(List<PastTurn> before, @Nullable String said, @Nullable String asked) {
        List<PastTurn> all = new ArrayList<>(before);
        all.addAll(earlier);
        return new TurnRequest(
                parameter,
                List.copyOf(all),
                message,
                instructions == null ? said : instructions,
                options.orElse(asked, said),
                streamed);
    }

    /** How many bytes of images and files come with it. */
    long attachedBytes() {
        return Stream.concat(earlier.stream(), Stream.of(message))
                .flatMap(each -> each.attachments().stream())
                .mapToLong(each -> each.bytes().length)
                .sum();
    }

    /** How much it holds of what is said. */
    long characters() {
        return Remembered.characters(instructions, earlier)
                + Remembered.characters(null, List.of(message));
    }

    /** The seq of the reply if the turns are those of a new chat. */
    int replySeq() {
        return 2 * (earlier.size() + 1);
    }

    /** The items of what is said first, which may answer calls of what the request continues. */
    List<Item> first() {
        return earlier.isEmpty() ? message.items() : earlier.getFirst().items();
    }

    /** Whether the request answers calls of what it continues. */
    boolean answersCalls() {
        return !Items.outputs(first()).isEmpty();
    }

    private static @Nullable String joined(
            @Nullable String one, @Nullable String two, ChatLimits limits) {
        String all = one == null ? two : two == null ? one : one + "\n\n" + two;
        if (all != null && !all.isEmpty()) {
            RequestParameters.text("instructions", all, TextBound.INSTRUCTIONS, limits);
        }
        return all;
    }
}
