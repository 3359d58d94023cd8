package ai.konko.openai;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Options;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import ai.konko.http.TextBound;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The turn that a request asks for, checked.
 *
 * @param earlier turns that come before it in the request
 * @param options without those that depend on the chat that it continues
 */
record TurnRequest(String message, List<PastTurn> earlier, Options options, boolean streamed) {

    /**
     * @throws RefusedException if something is not supported, or breaks a rule
     */
    static TurnRequest of(ResponseBody body, ChatLimits limits) {
        body.check(limits);
        Dialogue.ByTurns input = Dialogue.of("input", body.input()).byTurns();
        boolean background = RequestParameters.is(body.background());
        return new TurnRequest(
                last(input, "input", limits),
                input.turns(),
                new Options(
                        body.model(),
                        joined(body.instructions(), input.instructions(), limits),
                        body.parameters(),
                        RequestParameters.metadata(body.metadata(), limits),
                        body.previousResponseId(),
                        input.turns().size(),
                        false,
                        background,
                        false),
                body.streams() || background);
    }

    /** The turn of a chat completion that is kept. */
    static TurnRequest of(CompletionBody body, Dialogue.ByTurns messages, ChatLimits limits) {
        return new TurnRequest(
                last(messages, "messages", limits),
                messages.turns(),
                new Options(
                        body.model(),
                        null,
                        body.parameters(),
                        Map.of(),
                        null,
                        messages.turns().size(),
                        false,
                        false,
                        false),
                body.streams());
    }

    /** The user's last message, to which there is no reply yet. */
    private static String last(Dialogue.ByTurns input, String parameter, ChatLimits limits) {
        String last = input.last();
        if (last == null) {
            throw RefusedException.unsupported(
                    parameter, "is supported only with a user's message at its end");
        }
        RequestParameters.text(parameter, last, TextBound.MESSAGE, limits);
        return last;
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
