package ai.konko.openai;

import ai.konko.chat.Attachment;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Item;
import ai.konko.chat.Outcome;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Written;
import ai.konko.openai.Dialogue.ByTurns;
import ai.konko.openai.InputItem.Answered;
import ai.konko.openai.InputItem.Called;
import ai.konko.openai.InputItem.Role;
import ai.konko.openai.InputItem.Spoken;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes turns of a client's items, which come in any order: what is said to the model, and what the
 * model has replied to it. Nothing is lost:
 *
 * <ul>
 *   <li>System and developer messages at the start are instructions. One further on is said to the
 *       model at its place, as a user's message is.
 *   <li>A reply to nothing is a turn in which nothing is said.
 *   <li>Outputs are said in the turn right after that of their calls, wherever they come.
 *   <li>Empty messages are left out, unless the user's is the last.
 * </ul>
 */
final class InputTurns {
    private static final int MOST_OUTPUTS = 128;

    private final String parameter;
    private final List<InputItem> items;
    private final boolean toAnswer;
    private final ChatLimits limits;
    private final List<Open> turns = new ArrayList<>();

    /** The places of the turns with calls that have no output yet, by the calls' ids. */
    private final Map<String, Deque<Integer>> waiting = new HashMap<>();

    InputTurns(String parameter, List<InputItem> items, boolean toAnswer, ChatLimits limits) {
        this.limits = limits;
        this.parameter = parameter;
        this.items = items;
        this.toAnswer = toAnswer;
    }

    ByTurns byTurns() {
        int start = instructions();
        for (InputItem each : items.subList(start, items.size())) {
            switch (each) {
                case Spoken spoken -> spoken(spoken);
                case Called called -> called(called);
                case Answered answered -> answered(answered);
                case InputItem.Reference unknown -> throw Ids.itemNotFound();
            }
        }
        PastTurn last = turns.isEmpty() || turns.getLast().replied ? null : turns.getLast().turn();
        List<Open> over = last == null ? turns : turns.subList(0, turns.size() - 1);
        return new ByTurns(
                text(items.subList(0, start)), over.stream().map(Open::turn).toList(), last);
    }

    /** How many messages at the start are instructions: all but the one to answer. */
    private int instructions() {
        int start = 0;
        while (start < items.size()
                && items.get(start) instanceof Spoken spoken
                && spoken.by() == Role.SYSTEM) {
            start++;
        }
        return toAnswer && start > 0 && start == items.size() ? start - 1 : start;
    }

    private static @Nullable String text(List<InputItem> spoken) {
        String text =
                spoken.stream()
                        .map(each -> ((Spoken) each).text())
                        .filter(each -> !each.isEmpty())
                        .collect(Collectors.joining("\n\n"));
        return text.isEmpty() ? null : text;
    }

    private void spoken(Spoken spoken) {
        if (spoken.by() != Role.ASSISTANT) {
            said(spoken);
        } else if (!spoken.text().isEmpty()) {
            Open turn = turns.isEmpty() || turns.getLast().endsInText ? next() : turns.getLast();
            turn.reply(spoken.text());
        }
    }

    private void said(Spoken spoken) {
        if (spoken.isEmpty()) {
            if (toAnswer && items.getLast().equals(spoken)) {
                throw RefusedException.invalid(parameter, "must not be blank");
            }
            return;
        }
        boolean goesOn = !turns.isEmpty() && !turns.getLast().replied && !turns.getLast().spoken;
        (goesOn ? turns.getLast() : next()).say(spoken);
    }

    private void called(Called called) {
        Open turn = turns.isEmpty() ? next() : turns.getLast();
        Deque<Integer> places = waiting.computeIfAbsent(called.callId(), _ -> new ArrayDeque<>());
        int place = turns.size() - 1;
        if (!places.isEmpty() && places.getLast() == place) {
            throw RefusedException.invalid(called.path() + ".call_id", "is there twice");
        }
        places.addLast(place);
        turn.call(called);
    }

    private void answered(Answered answered) {
        if (answered.output().length() > limits.outputCharacters()) {
            throw RefusedException.invalid(
                    answered.path(),
                    "must have an output of at most %d characters"
                            .formatted(limits.outputCharacters()));
        }
        Deque<Integer> places = waiting.get(answered.callId());
        Integer last = places == null ? null : places.pollLast();
        int place = last == null ? 0 : last + 1; // the first answers the reply before
        (place < turns.size() ? turns.get(place) : next()).output(answered);
    }

    private Open next() {
        Open turn = new Open();
        turns.add(turn);
        return turn;
    }

    /** A turn to which something may be added. */
    private static final class Open {
        private final StringBuilder said = new StringBuilder();
        private final List<Item> outputs = new ArrayList<>();
        private List<Item> shown = List.of();
        private List<Attachment> attachments = List.of();
        private boolean spoken;
        private final StringBuilder reply = new StringBuilder();
        private final List<Item> calls = new ArrayList<>();
        private boolean replied;
        private boolean endsInText;

        void say(Spoken what) {
            spoken = true;
            said.append(what.text());
            shown = what.shown();
            attachments = what.attachments();
        }

        void output(Answered what) {
            if (outputs.size() == MOST_OUTPUTS) {
                throw RefusedException.invalid(
                        what.path(), "comes after %d outputs in a row".formatted(MOST_OUTPUTS));
            }
            outputs.add(new Item.Output(0, what.callId(), what.output(), false));
        }

        void reply(String text) {
            replied = true;
            endsInText = true;
            reply.append(text);
        }

        void call(Called what) {
            replied = true;
            endsInText = false;
            calls.add(Item.Call.open(reply.length(), what.callId(), what.name(), what.arguments()));
        }

        PastTurn turn() {
            List<Item> items = new ArrayList<>(outputs);
            items.addAll(shown);
            return new PastTurn(said.toString(), items, attachments, outcome(), null);
        }

        private @Nullable Outcome outcome() {
            return replied
                    ? Outcome.ended(new Written(reply.toString(), calls), FinishReason.STOP, null)
                    : null;
        }
    }
}
