package ai.konko.chat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rule of what goes if items of a message are erased for good. The message stays in its turn,
 * and what else it has keeps its place and its order. A call and its output are never parted: both
 * go.
 */
public final class Erasure {
    private final Map<Integer, Message> before = new LinkedHashMap<>();
    private final Map<Integer, Message> after;

    private Erasure(List<Turn> turns) {
        for (Turn each : turns) {
            before.put(each.message().seq(), each.message());
            before.put(each.reply().seq(), each.reply());
        }
        after = new LinkedHashMap<>(before);
    }

    /**
     * @param turns the message's own, and those right before and after it; all that there are of
     *     these are over
     * @param attempt in which the message has the items
     * @param places of the items among {@linkplain Items#all all} that the message has, from 0
     * @return the messages that change, as they are from now on
     * @throws RefusedException {@link ErrorCode#MESSAGE_NOT_FOUND} if the message does not have
     *     these items, or not any more
     */
    public static List<Message> of(
            List<Turn> turns, UUID messageId, int attempt, Set<Integer> places) {
        Erasure erasure = new Erasure(turns);
        Message message =
                erasure.before.values().stream()
                        .filter(each -> each.id().equals(messageId) && each.attempt() == attempt)
                        .findFirst()
                        .orElseThrow(RefusedException::messageNotFound);
        erasure.erase(message, places);
        turns.forEach(erasure::keepAsContext);
        return erasure.changed();
    }

    /**
     * @param turns as they were
     * @param erased what has changed of them
     * @return the ids of the attachments that erased items named; others of the chat may name them
     *     still
     */
    public static Set<String> attachments(List<Turn> turns, List<Message> erased) {
        Set<String> named = new HashSet<>();
        for (Message now : erased) {
            turns.stream()
                    .map(Turn::message)
                    .filter(was -> was.id().equals(now.id()))
                    .forEach(was -> named.addAll(attached(was)));
            named.removeAll(attached(now));
        }
        return named;
    }

    private static Set<String> attached(Message message) {
        return Items.attached(message.items()).stream()
                .map(Attached::id)
                .collect(Collectors.toSet());
    }

    private void erase(Message message, Set<Integer> places) {
        List<Item> all = Items.all(message);
        Set<String> calls = new HashSet<>();
        for (int place : places) {
            if (place < 0 || place >= all.size() || all.get(place) instanceof Item.Erased) {
                throw RefusedException.messageNotFound();
            }
            String callId = callId(all.get(place));
            if (callId != null) {
                calls.add(callId);
            }
        }
        erase(message, (place, item) -> places.contains(place) || isOf(item, calls));
        Message other =
                before.get(message.role() == Role.USER ? message.seq() - 1 : message.seq() + 1);
        if (other != null && !calls.isEmpty()) {
            erase(other, (_, item) -> isOf(item, calls));
        }
    }

    private static boolean isOf(Item item, Set<String> calls) {
        String callId = callId(item);
        return callId != null && calls.contains(callId);
    }

    private static @Nullable String callId(Item item) {
        return switch (item) {
            case Item.Call call -> call.callId();
            case Item.Output output -> output.callId();
            default -> null;
        };
    }

    private void erase(Message message, BiPredicate<Integer, Item> which) {
        StringBuilder text = new StringBuilder();
        List<Item> items = new ArrayList<>();
        boolean any = false;
        List<Item> all = Items.all(message);
        for (int place = 0; place < all.size(); place++) {
            Item item = all.get(place);
            if (which.test(place, item)) {
                items.add(new Item.Erased(text.length(), item.kind()));
                any = true;
            } else if (item instanceof Item.Text kept) {
                text.append(kept.text());
            } else {
                items.add(item.at(text.length()));
            }
        }
        if (any) {
            String left = WellFormed.repaired(text.toString()); // a pair may have been cut
            after.put(message.seq(), message.saying(left).with(items));
        }
    }

    /**
     * If nothing is left of an answer, the message before it is context by itself, as one that
     * nobody was to reply to; unless that says nothing either.
     */
    private void keepAsContext(Turn was) {
        Message said = now(was.message());
        Message reply = now(was.reply());
        boolean same = said.equals(was.message()) && reply.equals(was.reply());
        if (!same && was.reply().isContext() && !reply.isAnswer()) {
            after.put(reply.seq(), reply.standingAlone(said.saysMoreThanOutputs()));
        }
    }

    private Message now(Message was) {
        return after.getOrDefault(was.seq(), was);
    }

    private List<Message> changed() {
        return after.values().stream()
                .filter(each -> !each.equals(before.get(each.seq())))
                .toList();
    }
}
