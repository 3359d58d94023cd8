package ai.konko.openai;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.http.HttpLimits;
import ai.konko.http.Outgoing;
import ai.konko.http.Query;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lists what a chat's messages consist of. */
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
     * Which part of a list a client wants.
     *
     * @param limit as the client has sent it
     * @param after where the list goes on; null from its start
     */
    record Wanted(@Nullable String limit, Order order, @Nullable Place after) {}

    /**
     * Where an entry is.
     *
     * @param seq of the message that it is of
     */
    record Place(int seq, String id) {}

    /**
     * What a message is listed as.
     *
     * @param of none if the message has nothing to list
     */
    record Entries<T>(Function<Message, List<T>> of, Function<T, String> id) {
        static final Entries<ItemView> ITEMS = new Entries<>(ItemView::of, ItemView::id);
    }

    /**
     * @param limit as the client has sent it, as are {@code order} and {@code after}
     */
    ListView<ItemView> page(
            RoutingContext request,
            UUID chatId,
            Span span,
            @Nullable String limit,
            @Nullable String order,
            @Nullable String after) {
        Access.FoundItem last = after == null ? null : access.item(chatId, after);
        Place place = last == null ? null : new Place(last.message().seq(), last.view().id());
        Wanted wanted = new Wanted(limit, RequestParameters.order(order, Order.DESC), place);
        return page(request, chatId, span, Entries.ITEMS, wanted);
    }

    <T> ListView<T> page(
            RoutingContext request, UUID chatId, Span span, Entries<T> entries, Wanted wanted) {
        int most =
                Query.number(
                        "limit",
                        wanted.limit(),
                        1,
                        limits.pageSize(),
                        Math.min(20, limits.pageSize()));
        Order order = wanted.order();
        Reading<T> reading = new Reading<>(chatId, span, entries, order);
        Place after = wanted.after();
        if (after == null) {
            reading.read(span.before(order), most, Page.MOST_CHARACTERS);
        } else {
            int seq = after.seq();
            reading.skipped = after.id();
            reading.read(order == Order.ASC ? seq - 1 : seq + 1, most, Page.MOST_CHARACTERS);
        }
        outgoing.admit(request, reading.characters);
        return reading.view(most);
    }

    /**
     * @return all items of a part of the log
     */
    ListView<ItemView> all(UUID chatId, Span span) {
        Reading<ItemView> reading = new Reading<>(chatId, span, Entries.ITEMS, Order.ASC);
        if (span.last() >= span.first()) {
            reading.read(span.first() - 1, Integer.MAX_VALUE, Long.MAX_VALUE);
        }
        return reading.view(Integer.MAX_VALUE);
    }

    /** One list as it is read. */
    private final class Reading<T> {
        private static final int MOST_MESSAGES = 500;

        private final UUID chatId;
        private final Span span;
        private final Entries<T> entries;
        private final Order order;
        private final List<T> found = new ArrayList<>();
        private long characters;
        private boolean more = true;

        /** The id up to and with which nothing is listed; null once that is found. */
        private @Nullable String skipped;

        Reading(UUID chatId, Span span, Entries<T> entries, Order order) {
            this.entries = entries;
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
            List<T> items = entries.of().apply(message);
            int before = found.size();
            for (T each : order == Order.ASC ? items : items.reversed()) {
                if (skipped == null) {
                    found.add(each);
                } else if (skipped.equals(entries.id().apply(each))) {
                    skipped = null;
                }
            }
            characters += found.size() > before ? message.characters() : 0;
        }

        ListView<T> view(int limit) {
            return found.size() > limit
                    ? ListView.of(found.subList(0, limit), entries.id(), true)
                    : ListView.of(found, entries.id(), more);
        }
    }
}
