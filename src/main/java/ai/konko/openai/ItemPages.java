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

/** Lists the items of a chat's messages. */
@Singleton
class ItemPages {
    private final ChatRepository repository;
    private final Access access;
    private final HttpLimits limits;
    private final Outgoing outgoing;

    ItemPages(ChatRepository repository, Access access, HttpLimits limits, Outgoing outgoing) {
        this.repository = repository;
        this.access = access;
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
        Reading reading = new Reading(chatId, span, direction);
        if (after == null) {
            reading.read(span.before(direction), most, Page.MOST_CHARACTERS);
        } else {
            Access.FoundItem last = access.item(chatId, after);
            int seq = last.message().seq();
            reading.skipped = last.view().id();
            reading.read(direction == Order.ASC ? seq - 1 : seq + 1, most, Page.MOST_CHARACTERS);
        }
        outgoing.admit(request, reading.characters);
        return reading.view(most);
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
        Reading reading = new Reading(chatId, span, Order.ASC);
        if (span.last() >= span.first()) {
            reading.read(span.first() - 1, Integer.MAX_VALUE, Long.MAX_VALUE);
        }
        return reading.view(Integer.MAX_VALUE);
    }

    /** One list as it is read. */
    private final class Reading {
        private static final int MOST_MESSAGES = 500;

        private final UUID chatId;
        private final Span span;
        private final Order order;
        private final List<ItemView> found = new ArrayList<>();
        private long characters;
        private boolean more = true;

        /** The item up to and with which nothing is listed; null once that is found. */
        private @Nullable String skipped;

        Reading(UUID chatId, Span span, Order order) {
            this.chatId = chatId;
            this.span = span;
            this.order = order;
        }

        /**
         * @param after only messages that come after this seq in that order; null from its start
         * @param most after how many UTF-16 units the list ends
         */
        void read(@Nullable Integer after, int limit, long most) {
            Integer from = after;
            int portion = Math.min(limit, MOST_MESSAGES) + 1;
            while (more && found.size() <= limit && characters <= most) {
                Page<Message> page =
                        repository.messages(chatId, new MessageQuery(2 * portion, order, from));
                for (Message each : page.items()) {
                    from = each.seq();
                    if (span.has(from) && found.size() <= limit) {
                        add(each);
                    }
                }
                more = page.more() && from != null && from > span.first() && from < span.last();
            }
        }

        private void add(Message message) {
            List<ItemView> items = ItemView.of(message);
            int before = found.size();
            for (ItemView each : order == Order.ASC ? items : items.reversed()) {
                if (skipped == null) {
                    found.add(each);
                } else if (skipped.equals(each.id())) {
                    skipped = null;
                }
            }
            characters += found.size() > before ? message.characters() : 0;
        }

        ListView.Items view(int limit) {
            return found.size() > limit
                    ? ListView.Items.of(found.subList(0, limit), true)
                    : ListView.Items.of(found, more);
        }
    }
}
