package ai.konko.assistant;

import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.Attached;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Output;
import ai.konko.chat.Items;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Message;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Turn;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The messages that the model sees of a chat: its instructions, if it has any, the summary of what
 * it does not see, if there is one, then of each turn what the user says, and the reply, if there
 * is one. Right after a reply with calls comes one output for each, in the calls' order, whatever
 * has become of them. So no call is ever sent without an output, and no output without its call.
 */
final class PromptMessages {
    /**
     * How many bytes of attachments one prompt has at most. In base64 they are a third more, and
     * providers take some 50 MB.
     */
    static final int MOST_ATTACHED = 32 << 20;

    private final List<ContextMessage> all;
    private final double keep;

    /** How many bytes of attachments the messages have. */
    private long attached;

    /** The calls of the last reply, whose outputs come next. */
    private List<Call> calls = List.of();

    /** That reply's id, if it is known. */
    private @Nullable UUID calledBy;

    /**
     * @param turns how many come, at most
     * @param keep how much is left of the most bytes of attachments once there are more
     */
    PromptMessages(
            @Nullable String instructions,
            @Nullable MemorySummary summary,
            int turns,
            double keep) {
        this.keep = keep;
        all = new ArrayList<>(2 * turns + 3);
        if (instructions != null && !instructions.isEmpty()) {
            all.add(ContextMessage.of(Speaker.SYSTEM, instructions));
        }
        if (summary != null) {
            all.add(ContextMessage.of(Speaker.SYSTEM, told(summary)));
        }
    }

    /** What the model is told of the turns that it does not see. */
    static String told(MemorySummary summary) {
        return """
                Summary of this conversation's messages 1 to %d, which are not shown any more. Numbers in square \
                brackets are those of messages.

                %s"""
                .formatted(summary.throughSeq(), summary.text());
    }

    void add(ContextTurn turn) {
        said(ContextMessage.ofMessage(turn), turn.messageItems());
        replied(ContextMessage.ofReply(turn));
    }

    void add(Turn turn) {
        said(ContextMessage.of(turn.message()), turn.message().items());
        replied(ContextMessage.of(turn.reply()));
    }

    void add(PastTurn turn) {
        say(turn.message(), turn.items());
        if (turn.reply() != null) {
            replied(
                    ContextMessage.of(
                            Speaker.ASSISTANT, turn.reply().content(), turn.reply().items()));
        }
    }

    /** Adds the message to reply to. */
    void add(Message message) {
        say(message.content(), message.items());
    }

    /** Adds a message of the user. */
    void say(String content, List<Item> items) {
        said(ContextMessage.of(Speaker.USER, content, items), items);
    }

    private void said(ContextMessage message, List<Item> items) {
        addOutputs(items);
        addUnlessEmpty(message);
    }

    private void replied(ContextMessage reply) {
        addUnlessEmpty(reply);
        calls = reply.calls();
        calledBy = reply.messageId();
    }

    private void addUnlessEmpty(ContextMessage message) {
        if (!message.isEmpty()) {
            all.add(message);
            for (Attached each : Items.attached(message.items())) {
                attached += each.size();
            }
        }
    }

    /**
     * @param next the items of the message after the calls, which has the outputs of those that the
     *     log has not ended yet
     */
    private void addOutputs(List<Item> next) {
        if (!calls.isEmpty()) {
            List<Output> given = Items.outputs(next);
            for (Call call : calls) {
                all.add(ContextMessage.ofOutput(call.callId(), output(call, given), calledBy));
            }
            calls = List.of();
        }
    }

    private static String output(Call call, List<Output> given) {
        for (Output each : given) {
            if (call.output() == null && each.callId().equals(call.callId())) {
                return each.output();
            }
        }
        return output(call);
    }

    /** What the model is told of a call's end; of one that is open, as if it were abandoned. */
    static String output(Call call) {
        if (call.output() != null) {
            return call.output();
        }
        return switch (call.status()) {
            case CANCELLED -> "This call was cancelled, and has no output.";
            case INTERRUPTED ->
                    "This call was interrupted. It has no output, and nobody knows whether it took"
                            + " effect.";
            case OPEN, ABANDONED, COMPLETED, FAILED ->
                    "This call has no output: the conversation went on without it.";
        };
    }

    /** All messages; more can be added to the list. */
    List<ContextMessage> list() {
        addOutputs(List.of());
        if (attached > MOST_ATTACHED) {
            leaveOutTheOldest();
        }
        return all;
    }

    /**
     * Goes through the messages as they came. Each time there are too many bytes, so many of the
     * oldest attachments are left out that there is room for more: what later messages bring then
     * changes nothing before them, and providers' caches serve that.
     */
    private void leaveOutTheOldest() {
        Deque<Place> sent = new ArrayDeque<>();
        long bytes = 0;
        for (int i = 0; i < all.size(); i++) {
            long own = 0;
            List<Item> items = all.get(i).items();
            for (int j = 0; j < items.size(); j++) {
                Attached each = Items.attached(items.get(j));
                if (each != null) {
                    sent.addLast(new Place(i, j, each));
                    own += each.size();
                }
            }
            bytes += own;
            if (bytes > MOST_ATTACHED) {
                long room = Math.max((long) (MOST_ATTACHED * keep), Math.min(own, MOST_ATTACHED));
                while (bytes > room) {
                    Place oldest = sent.removeFirst();
                    bytes -= oldest.attached().size();
                    leaveOut(oldest);
                }
            }
        }
    }

    /** Where an attachment is: the message's place, and that among its items. */
    private record Place(int message, int item, Attached attached) {}

    private void leaveOut(Place place) {
        ContextMessage message = all.get(place.message());
        List<Item> items = new ArrayList<>(message.items());
        int offset = items.get(place.item()).offset();
        items.set(place.item(), new Item.Text(offset, leftOut(place.attached())));
        all.set(place.message(), message.with(List.copyOf(items)));
    }

    /** What the model is told of an attachment that it is not sent. */
    static String leftOut(Attached attached) {
        return attached.name() == null
                ? "[image left out]"
                : "[file left out: %s]".formatted(attached.name());
    }
}
