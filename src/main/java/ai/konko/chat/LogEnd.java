package ai.konko.chat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The end of a chat's log, and the rule of what comes next there: places without a gap, and ids
 * that grow with them.
 *
 * @param seq the last message's; 0 if there is none
 * @param id the last message's; absent if there is none, or if one source gives the chat all its
 *     ids, which then grow anyway
 */
public record LogEnd(UUID chatId, int seq, @Nullable UUID id) {

    /** The end once this turn is there. */
    public static LogEnd of(Turn last) {
        Message reply = last.reply();
        return new LogEnd(reply.chatId(), reply.seq(), reply.id());
    }

    /**
     * @return the post's turn, its reply queued; the post's earlier turns have to be there already
     */
    public Turn next(Post post, Supplier<UUID> ids, Instant now) {
        return next(post.content(), post.items(), post.options(), ids, now);
    }

    /**
     * @return the turns with their places, one after the other; the calls of each reply but the
     *     last are over
     */
    public List<Turn> next(List<PastTurn> turns, Supplier<UUID> ids, Instant now) {
        List<Turn> placed = new ArrayList<>(turns.size());
        LogEnd end = this;
        for (PastTurn each : turns) {
            Turn place = end.next(each.message(), each.items(), null, ids, now);
            Turn over = new Turn(place.message(), each.ended(place.reply(), now));
            if (!placed.isEmpty()) {
                Turn before = placed.removeLast();
                placed.add(before.followedBy(over, now));
            }
            placed.add(over);
            end = of(over);
        }
        return List.copyOf(placed);
    }

    private Turn next(
            String message,
            List<Item> items,
            @Nullable Options options,
            Supplier<UUID> ids,
            Instant now) {
        UUID messageId = GrowingIds.after(id, ids.get());
        UUID replyId = GrowingIds.after(messageId, ids.get());
        return new Turn(
                Message.ofUser(messageId, chatId, seq + 1, message, items, now),
                Message.queuedReply(replyId, chatId, seq + 2, now).with(options));
    }
}
