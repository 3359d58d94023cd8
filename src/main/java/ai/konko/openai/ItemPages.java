package ai.konko.openai;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.http.HttpLimits;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Lists the messages of a chat that are items. */
@Singleton
class ItemPages {
    private final ChatRepository repository;
    private final HttpLimits limits;
    private final Outgoing outgoing;

    ItemPages(ChatRepository repository, HttpLimits limits, Outgoing outgoing) {
        this.repository = repository;
        this.limits = limits;
        this.outgoing = outgoing;
    }

    /**
     * Part of a chat's log.
     *
     * @param first the least seq in it
     * @param last the greatest seq in it
     */
    record Span(int first, int last) {
        static final Span ALL = new Span(1, Integer.MAX_VALUE);

        private boolean has(int seq) {
            return seq >= first && seq <= last;
        }

        /** The seq before the first that is listed; null if the order begins with the newest. */
        private @Nullable Integer before(Order order) {
            if (order == Order.ASC) {
                return first - 1;
            }
            return last == Integer.MAX_VALUE ? null : last + 1;
        }
    }

    /**
     * @param limit as the client sent it, as are {@code order} and {@code after}
     */
    ListView.Items page(
            RoutingContext request,
            UUID chatId,
            Span span,
            @Nullable String limit,
            @Nullable String order,
            @Nullable String after) {
        int most =
                Query.number("limit", limit, 1, limits.pageSize(), Math.min(20, limits.pageSize()));
        Order direction = order(order);
        Integer from =
                after == null
                        ? span.before(direction)
                        : Integer.valueOf(repository.message(chatId, Ids.message(after)).seq());
        Page<Message> page = read(chatId, span, direction, from, most, Page.MOST_CHARACTERS);
        outgoing.admit(request, page);
        return ListView.Items.of(page.map(ItemView::of).items(), page.more());
    }

    private static Order order(@Nullable String order) {
        return switch (order) {
            case "asc" -> Order.ASC;
            case "desc" -> Order.DESC;
            case null -> Order.DESC;
            default -> throw RefusedException.invalid("order", "must be asc or desc");
        };
    }

    /**
     * @return all items of a part of the log
     */
    ListView.Items all(UUID chatId, Span span) {
        int count = span.last() - span.first() + 1;
        List<Message> found =
                count == 0
                        ? List.of()
                        : read(chatId, span, Order.ASC, span.first() - 1, count, Long.MAX_VALUE)
                                .items();
        return ListView.Items.of(found.stream().map(ItemView::of).toList(), false);
    }

    /**
     * @param after only messages that come after this seq in that order; null from its start
     * @param most after how many UTF-16 units of text the page ends
     */
    private Page<Message> read(
            UUID chatId, Span span, Order order, @Nullable Integer after, int limit, long most) {
        List<Message> found = new ArrayList<>();
        Integer from = after;
        boolean more = true;
        long characters = 0;
        while (more && found.size() <= limit && characters <= most) {
            Page<Message> page =
                    repository.messages(chatId, new MessageQuery(2 * limit + 2, order, from));
            for (Message each : page.items()) {
                from = each.seq();
                if (ItemView.isOne(each) && span.has(from)) {
                    found.add(each);
                    characters += each.content().length();
                }
            }
            more = page.more() && from != null && from > span.first() && from < span.last();
        }
        return found.size() > limit
                ? new Page<>(found.subList(0, limit), true)
                : new Page<>(found, more);
    }
}
