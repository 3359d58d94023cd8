package ai.konko.chat;

import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Output;
import ai.konko.chat.RefusedException.Violation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The rules of items, and above all of calls: each ends in exactly one way, and the output of a
 * call is kept with it, so no window, fork or crash can part the two.
 */
public final class Items {
    private static final String OUTPUTS = "outputs";

    private Items() {}

    /**
     * @param kept the items of a message that are not text
     * @return all items in order, the texts of the content included; of a message that is only
     *     text, none
     */
    public static List<Item> withTexts(String content, List<Item> kept) {
        if (kept.isEmpty()) {
            return kept;
        }
        List<Item> all = new ArrayList<>();
        int from = 0;
        for (Item each : kept) {
            if (each.offset() > from) {
                all.add(new Item.Text(from, content.substring(from, each.offset())));
                from = each.offset();
            }
            all.add(each);
        }
        if (from < content.length()) {
            all.add(new Item.Text(from, content.substring(from)));
        }
        return List.copyOf(all);
    }

    /** All items of a message in order, that of a message that is only text included. */
    public static List<Item> all(Message message) {
        String content = message.content();
        return message.items().isEmpty() && !content.isEmpty()
                ? List.of(new Item.Text(0, content))
                : withTexts(content, message.items());
    }

    /** How many of the items are erased; it only grows, until a reply is written anew. */
    public static int erased(List<Item> items) {
        return items.isEmpty() ? 0 : of(items, Item.Erased.class).size();
    }

    /** The items of a copy, in which nothing was ever erased. */
    static List<Item> withoutErased(List<Item> items) {
        return erased(items) == 0
                ? items
                : items.stream().filter(each -> !(each instanceof Item.Erased)).toList();
    }

    /** The calls among the items, in their order. */
    public static List<Call> calls(List<Item> items) {
        return of(items, Call.class);
    }

    /** The outputs among the items, in their order. */
    public static List<Output> outputs(List<Item> items) {
        return of(items, Output.class);
    }

    /** The attachments that the items name, in their order. */
    public static List<Attached> attached(List<Item> items) {
        return items.isEmpty()
                ? List.of()
                : items.stream().map(Items::attached).filter(Objects::nonNull).toList();
    }

    /** The item's attachment; null if it has none. */
    public static @Nullable Attached attached(Item item) {
        return switch (item) {
            case Item.Image image -> image.attached();
            case Item.File file -> file.attached();
            case Item.Text _, Item.Reasoning _, Call _, Output _, Item.Erased _ -> null;
        };
    }

    private static <T extends Item> List<T> of(List<Item> items, Class<T> type) {
        return items.isEmpty()
                ? List.of()
                : items.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** Whether something that was said has the output of one of a reply's calls. */
    public static boolean answer(List<Item> said, List<Item> reply) {
        for (Output output : outputs(said)) {
            for (Call call : calls(reply)) {
                if (call.callId().equals(output.callId())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a client is to give outputs. */
    public static boolean wait(List<Item> items) {
        for (Item each : items) {
            if (each instanceof Call call && call.status() == CallStatus.OPEN) {
                return true;
            }
        }
        return false;
    }

    /** Whether the model wants tools to be called. */
    static boolean haveCalls(List<Item> items) {
        for (Item each : items) {
            if (each instanceof Call) {
                return true;
            }
        }
        return false;
    }

    /**
     * The items of a reply that ends now: calls wait for their outputs only if it is whole.
     *
     * @param last whether the reply is the chat's last; if not, another turn is in line already and
     *     goes on without the calls
     */
    public static List<Item> ended(Outcome outcome, boolean last, Instant now) {
        List<Item> items = outcome.items();
        if (items.isEmpty()) {
            return items;
        }
        if (outcome.status() == Status.COMPLETED) {
            return last ? items : closed(items, CallStatus.ABANDONED, now);
        }
        CallStatus end =
                outcome.finishReason() == FinishReason.CANCELLED
                        ? CallStatus.CANCELLED
                        : CallStatus.INTERRUPTED;
        return closed(items, end, now);
    }

    /** The same items with each open call ended. */
    static List<Item> closed(List<Item> items, CallStatus end, Instant now) {
        return eachCall(items, call -> call.ended(end, null, now));
    }

    /** The ids of the calls that waited for outputs when their reply was completed. */
    public static Set<String> asked(List<Item> items) {
        Set<String> asked = new LinkedHashSet<>();
        for (Call each : calls(items)) {
            if (each.wasAsked()) {
                asked.add(each.callId());
            }
        }
        return asked;
    }

    /** The same items with the calls open that {@linkplain #asked waited}. */
    static List<Item> reopened(List<Item> items) {
        return eachCall(
                items,
                call ->
                        call.wasAsked()
                                ? Call.open(
                                        call.offset(), call.callId(), call.tool(), call.arguments())
                                : call);
    }

    private static List<Item> eachCall(List<Item> items, UnaryOperator<Call> change) {
        return items.stream()
                .map(each -> each instanceof Call call ? change.apply(call) : each)
                .toList();
    }

    /** The items of a reply once a turn that is over has come after it, see {@link PastTurn}. */
    static List<Item> followed(List<Item> items, List<Item> next, Instant now) {
        List<Output> outputs = outputs(next);
        return eachCall(
                items, call -> answered(call, outputs, now).ended(CallStatus.ABANDONED, null, now));
    }

    /**
     * The rule of a post to a chat whose last reply has calls: its outputs answer all that are
     * open; a post without outputs leaves them.
     *
     * @param last the items of the chat's last reply; empty unless that is over
     * @param posted the post's items
     * @param required whether a post without outputs is refused if calls are open
     * @param known the ids of all calls of the chat; asked for at most once
     * @return the items of the last reply from now on
     * @throws RefusedException {@link ErrorCode#INVALID} if an output is for a call that the chat
     *     never had, or one is missing, {@link ErrorCode#CALL_CLOSED} if the call is not open
     */
    static List<Item> answered(
            List<Item> last,
            List<Item> posted,
            boolean required,
            Supplier<Set<String>> known,
            Instant now) {
        List<Output> outputs = outputs(posted);
        if (outputs.isEmpty() && !required) {
            return closed(last, CallStatus.ABANDONED, now);
        }
        Set<String> open = new HashSet<>();
        for (Call each : calls(last)) {
            if (each.status() == CallStatus.OPEN) {
                open.add(each.callId());
            }
        }
        requireOpen(outputs, open, known);
        return eachCall(last, call -> answered(call, outputs, now));
    }

    private static void requireOpen(
            List<Output> outputs, Set<String> open, Supplier<Set<String>> known) {
        Set<String> all = null;
        for (int i = 0; i < outputs.size(); i++) {
            String id = outputs.get(i).callId();
            if (!open.contains(id)) {
                all = all == null ? known.get() : all;
                if (!all.contains(id)) {
                    throw RefusedException.invalid(
                            OUTPUTS + "[" + i + "].callId", "is no call of this chat");
                }
            }
        }
        if (all != null) {
            throw RefusedException.callClosed();
        }
        outputs.forEach(each -> open.remove(each.callId()));
        if (!open.isEmpty()) {
            throw RefusedException.invalid(
                    open.stream()
                            .sorted()
                            .map(each -> new Violation(OUTPUTS, "must have one for call " + each))
                            .toList());
        }
    }

    private static Call answered(Call call, List<Output> outputs, Instant now) {
        @Nullable Output given = null;
        for (Output each : outputs) {
            given = each.callId().equals(call.callId()) ? each : given;
        }
        return given == null
                ? call
                : call.ended(
                        given.failed() ? CallStatus.FAILED : CallStatus.COMPLETED,
                        given.output(),
                        now);
    }
}
