package ai.konko.conversation;

import ai.konko.chat.Message;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The replies under way that this process knows of, by id and attempt: those it runs, those it was
 * asked for, and those it follows while another process runs them. A reply is here, and has a
 * place, from its turn's acceptance, or from when it was first asked for, until the log has its
 * end.
 */
@Singleton
class LiveReplies {
    private final Places places;
    private final Map<Attempt, LiveReply> replies = new ConcurrentHashMap<>();
    private final AtomicInteger listening = new AtomicInteger();

    LiveReplies(Places places) {
        this.places = places;
    }

    /**
     * @return how many listeners all replies have
     */
    int listening() {
        return listening.get();
    }

    /**
     * @param place is the reply's from now on, and given back here if there can be no entry
     * @return the entry of a reply, made unless somebody has asked for it already
     */
    LiveReply admit(Message reply, Places.Place place) {
        try {
            LiveReply made = new LiveReply(reply, place, listening);
            LiveReply known = replies.putIfAbsent(Attempt.of(reply), made);
            if (known == null) {
                return made;
            }
            known.moveTo(place);
            return known;
        } catch (RuntimeException | Error failed) { // such as that memory is short
            place.close();
            throw failed;
        }
    }

    /**
     * @return the reply's entry, made if need be
     */
    LiveReply at(Message reply) {
        LiveReply known = find(reply.id(), reply.attempt());
        if (known != null) {
            return known;
        }
        LiveReply made = new LiveReply(reply, places.takeAnyway(), listening);
        LiveReply other = replies.putIfAbsent(Attempt.of(reply), made);
        if (other == null) {
            return made;
        }
        made.release();
        return other;
    }

    @Nullable LiveReply find(UUID replyId, int attempt) {
        return replies.get(new Attempt(replyId, attempt));
    }

    @Nullable LiveReply remove(Message reply) {
        LiveReply removed = replies.remove(Attempt.of(reply));
        if (removed != null) {
            removed.release();
        }
        return removed;
    }

    /**
     * @return a reply that has ended before; it is not kept here
     */
    LiveReply over(Message reply) {
        LiveReply over = new LiveReply(reply, null, listening);
        over.ended(reply);
        return over;
    }

    void forEach(Consumer<LiveReply> action) {
        replies.values().forEach(action);
    }

    Collection<LiveReply> all() {
        return List.copyOf(replies.values());
    }

    private record Attempt(UUID replyId, int number) {
        static Attempt of(Message reply) {
            return new Attempt(reply.id(), reply.attempt());
        }
    }
}
