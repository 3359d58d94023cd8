package ai.konko.assistant;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import java.util.List;
import java.util.UUID;

/**
 * The rule of which turns go together: a turn that answers calls is one piece with the turn before
 * it, because a model is never sent a call without its output, nor an output without its call.
 */
final class Pieces {
    private final ChatRepository repository;

    Pieces(ChatRepository repository) {
        this.repository = repository;
    }

    static <T> List<T> newest(List<T> turns, int most) {
        return turns.subList(Math.max(0, turns.size() - most), turns.size());
    }

    /**
     * @return how many of the newest turns are needed so that these are whole pieces; the first of
     *     all may be a part of one
     */
    static int whole(List<ContextTurn> turns, int least) {
        int needed = least;
        while (needed > 0
                && needed <= turns.size()
                && mayAnswerCalls(turns, turns.size() - needed)) {
            needed++;
        }
        return needed;
    }

    private static boolean mayAnswerCalls(List<ContextTurn> turns, int i) {
        List<Item> said = turns.get(i).messageItems();
        return i == 0
                ? !Items.outputs(said).isEmpty()
                : Items.answer(said, turns.get(i - 1).replyItems());
    }

    /**
     * @return these turns without the oldest, if those are only a part of a piece
     */
    List<ContextTurn> withoutParts(UUID chatId, List<ContextTurn> turns) {
        int from = 0;
        while (from < turns.size() && answersCalls(chatId, turns, from)) {
            from++;
        }
        return turns.subList(from, turns.size());
    }

    /** Outputs that a client has put into a log may be of no calls. */
    private boolean answersCalls(UUID chatId, List<ContextTurn> turns, int i) {
        ContextTurn turn = turns.get(i);
        if (Items.outputs(turn.messageItems()).isEmpty()) {
            return false;
        }
        return i > 0
                ? Items.answer(turn.messageItems(), turns.get(i - 1).replyItems())
                : repository.recall(chatId, turn.replySeq() - 1, 1, Long.MAX_VALUE).stream()
                        .anyMatch(before -> Items.answer(turn.messageItems(), before.replyItems()));
    }
}
