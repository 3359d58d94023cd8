package ai.konko.openai;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads a chat's log in other portions than it gives. */
final class LogReader {
    private static final int PORTION = 1000;

    private LogReader() {}

    /**
     * @param through the seq of a reply
     * @return the turns up to and with it
     */
    static List<Turn> turns(ChatRepository repository, UUID chatId, int through) {
        List<Turn> turns = new ArrayList<>();
        Message user = null;
        Integer after = null;
        boolean more = true;
        while (more) {
            Page<Message> page =
                    repository.messages(chatId, new MessageQuery(PORTION, Order.ASC, after));
            for (Message each : page.items()) {
                after = each.seq();
                if (user != null && each.seq() <= through) {
                    turns.add(new Turn(user, each));
                }
                user = each.seq() % 2 == 1 ? each : null;
            }
            more = page.more() && (after == null || after < through);
        }
        return turns;
    }

    /**
     * @param after only messages that come after this seq in that order; absent from its start
     * @param first the least seq of what is listed
     * @param last the greatest
     * @param most after how many UTF-16 units of text the page ends
     * @return a page of the messages that are items
     */
    static Page<Message> items(
            ChatRepository repository,
            UUID chatId,
            int limit,
            Order order,
            @Nullable Integer after,
            int first,
            int last,
            long most) {
        List<Message> found = new ArrayList<>();
        Integer from = after;
        boolean more = true;
        long characters = 0;
        while (more && found.size() <= limit && characters <= most) {
            Page<Message> page =
                    repository.messages(chatId, new MessageQuery(2 * limit + 2, order, from));
            for (Message each : page.items()) {
                from = each.seq();
                if (ItemView.isOne(each) && from >= first && from <= last) {
                    found.add(each);
                    characters += each.content().length();
                }
            }
            more = page.more() && from != null && from > first && from < last;
        }
        return found.size() > limit
                ? new Page<>(found.subList(0, limit), true)
                : new Page<>(found, more);
    }
}
