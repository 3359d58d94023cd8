package ai.konko.openai;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Role;
import ai.konko.chat.Turn;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Turns of the log as turns that another chat, or an answer that no chat keeps, goes on from. */
@Singleton
class PastTurns {
    /** How many messages of the log are read at once. */
    private static final int PORTION = 1000;

    /** The same of those that are probably among the last; then twice as many each time. */
    private static final int FEW = 10;

    private final ChatRepository repository;

    PastTurns(ChatRepository repository) {
        this.repository = repository;
    }

    /**
     * All turns up to and with a reply, but those of which nothing is left. The reply's calls are
     * open, because their outputs are those that the copy goes on with.
     */
    List<PastTurn> upTo(Message reply) {
        if (!reply.status().terminal()) {
            throw RefusedException.chatBusy();
        }
        List<PastTurn> turns = new ArrayList<>();
        Message user = null;
        Integer after = null;
        boolean more = true;
        while (more) {
            Page<Message> page =
                    repository.messages(
                            reply.chatId(), new MessageQuery(PORTION, Order.ASC, after));
            for (Message each : page.items()) {
                after = each.seq();
                if (each.role() == Role.USER) {
                    user = each;
                } else if (user != null && after <= reply.seq() && each.status().terminal()) {
                    Turn turn = new Turn(user, each);
                    if (!turn.isErased()) {
                        turns.add(PastTurn.of(turn));
                    }
                }
            }
            more = page.more() && (after == null || after < reply.seq());
        }
        if (!turns.isEmpty()) {
            turns.addLast(turns.removeLast().reopened());
        }
        return turns;
    }

    /** The turn of one reply. */
    PastTurn turnOf(Message reply) {
        List<Message> said =
                repository
                        .messages(reply.chatId(), new MessageQuery(1, Order.DESC, reply.seq()))
                        .items();
        return PastTurn.of(new Turn(said.getFirst(), reply));
    }

    /**
     * @param before only replies before this seq
     * @param callIds those of calls of such replies
     * @return of these calls that have outputs those, by the calls' ids
     */
    Map<String, String> outputs(UUID chatId, int before, Set<String> callIds) {
        Map<String, String> found = new HashMap<>();
        Set<String> wanted = new HashSet<>(callIds);
        Integer at = before;
        int portion = FEW;
        while (at != null && !wanted.isEmpty()) {
            Page<Message> page =
                    repository.messages(chatId, new MessageQuery(portion, Order.DESC, at));
            for (Message each : page.items()) {
                for (Item.Call call : Items.calls(each.items())) {
                    if (wanted.remove(call.callId()) && call.output() != null) {
                        found.put(call.callId(), call.output());
                    }
                }
            }
            at = page.more() ? page.items().getLast().seq() : null;
            portion = Math.min(PORTION, 2 * portion);
        }
        return found;
    }

    /** The last reply of what is continued; null if there is none. */
    @Nullable Message lastReply(Responses.Continued continued) {
        if (continued.previous() != null) {
            return continued.previous();
        }
        if (continued.end() != null) {
            return continued.end().reply();
        }
        return continued.chatId() == null ? null : lastReply(continued.chatId());
    }

    /** The chat's last reply; null if there is none. */
    @Nullable Message lastReply(UUID chatId) {
        return lastReply(chatId, null);
    }

    private @Nullable Message lastReply(UUID chatId, @Nullable Integer before) {
        List<Message> newest =
                repository.messages(chatId, new MessageQuery(1, Order.DESC, before)).items();
        return newest.isEmpty() ? null : newest.getFirst();
    }

    /**
     * @param seq a reply's
     */
    Message replyAt(UUID chatId, int seq) {
        Message reply = lastReply(chatId, seq + 1);
        if (reply == null || reply.seq() != seq) {
            throw RefusedException.messageNotFound();
        }
        return reply;
    }

    Responses.End end(UUID chatId) {
        Message newest = lastReply(chatId);
        Message last = newest;
        while (last != null && !last.status().terminal()) {
            last = lastReply(chatId, last.seq() - 1);
        }
        return new Responses.End(last == null ? 0 : last.seq(), newest);
    }
}
