package ai.konko.assistant;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Turn;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses which turns of a chat the model sees: the newest whole turns that fit, see {@link
 * MemoryConfig}. {@link Prompts} puts the prompt together.
 */
@Singleton
public class ContextWindow {
    private final ChatRepository repository;
    private final MemoryConfig config;
    private final Tokens tokens;

    ContextWindow(ChatRepository repository, MemoryConfig config, Tokens tokens) {
        this.repository = repository;
        this.config = config;
        this.tokens = tokens;
    }

    /**
     * @param items what the message has beside its text
     * @param earlier how many turns right before the message are sent in any case
     * @param read the newest {@link #maxTurns} turns before it, at most {@link #mostBytes}; null if
     *     they are still to be read
     * @return the turns that the model sees before a message at this place, oldest first
     */
    public List<ContextTurn> before(
            UUID chatId,
            int seq,
            String message,
            List<Item> items,
            int earlier,
            @Nullable List<ContextTurn> read) {
        int most = Math.max(maxTurns(), earlier);
        int least = Math.max(earlier, Items.outputs(items).isEmpty() ? 0 : 1);
        List<ContextTurn> candidates =
                read != null && most == maxTurns()
                        ? read
                        : repository.recall(chatId, seq, most, mostBytes());
        int needed = whole(candidates, least);
        for (int known = -1; needed > candidates.size() && candidates.size() > known; ) {
            known = candidates.size(); // they are long, or many, or fewer
            candidates =
                    repository.recall(chatId, seq, Math.max(needed, 2 * known), Long.MAX_VALUE);
            needed = whole(candidates, least);
        }
        List<ContextTurn> fitting =
                newestThatFit(
                        newest(candidates, most),
                        message,
                        items,
                        Tokens::atMost,
                        turn -> tokens.of(chatId, turn));
        List<ContextTurn> pieces = withoutParts(chatId, candidates, fitting.size(), Parts::of);
        return pieces.size() >= needed ? pieces : newest(candidates, needed);
    }

    /**
     * @return how many of the newest turns are needed so that these are whole pieces. A turn that
     *     answers calls is one piece with the turn before it; the first of these turns may be such
     *     a turn
     */
    private static int whole(List<ContextTurn> turns, int least) {
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

    private static <T> List<T> newest(List<T> turns, int most) {
        return turns.subList(Math.max(0, turns.size() - most), turns.size());
    }

    /** What links turns. */
    private record Parts(int replySeq, List<Item> said, List<Item> replied) {
        static Parts of(ContextTurn turn) {
            return new Parts(turn.replySeq(), turn.messageItems(), turn.replyItems());
        }

        static Parts of(Turn turn) {
            return new Parts(turn.reply().seq(), turn.message().items(), turn.reply().items());
        }
    }

    /**
     * @return the newest of these turns without the oldest, if those are only a part of a piece
     */
    private <T> List<T> withoutParts(
            UUID chatId, List<T> turns, int newest, Function<T, Parts> parts) {
        int from = turns.size() - newest;
        while (from < turns.size() && answersCalls(chatId, turns, from, parts)) {
            from++;
        }
        return turns.subList(from, turns.size());
    }

    /** Outputs that a client has put into a log may be of no calls. */
    private <T> boolean answersCalls(UUID chatId, List<T> turns, int i, Function<T, Parts> parts) {
        Parts turn = parts.apply(turns.get(i));
        if (Items.outputs(turn.said()).isEmpty()) {
            return false;
        }
        return i > 0
                ? Items.answer(turn.said(), parts.apply(turns.get(i - 1)).replied())
                : repository.recall(chatId, turn.replySeq() - 1, 1, Long.MAX_VALUE).stream()
                        .anyMatch(before -> Items.answer(turn.said(), before.replyItems()));
    }

    /**
     * @return what the model would be sent before the chat's next message, whose length is not
     *     known yet
     */
    public ModelContext next(UUID chatId) {
        List<Turn> candidates =
                repository.context(chatId, Integer.MAX_VALUE, maxTurns(), mostBytes());
        List<Turn> turns =
                withoutParts(chatId, candidates, newestThatFit(candidates).size(), Parts::of);
        int estimate = turns.stream().mapToInt(tokens::of).sum();
        return new ModelContext(
                repository.chat(chatId).settings().instructions(),
                turns,
                new Exclusion(repository, maxTurns()).of(chatId, turns),
                estimate,
                config.maxMessages(),
                config.maxTokens());
    }

    /** The new message takes one place, and a turn takes two. */
    int maxTurns() {
        return (config.maxMessages() - 1) / 2;
    }

    /**
     * @return how many bytes of text the window's tokens can have at most; turns before those are
     *     never sent
     */
    long mostBytes() {
        return Tokens.mostBytes(config.maxTokens());
    }

    /**
     * @return the newest of these turns that fit the window's tokens, if no message goes with them
     */
    List<Turn> newestThatFit(List<Turn> candidates) {
        return newestThatFit(candidates, "", List.of(), Tokens::atMost, tokens::of);
    }

    /**
     * @param newMessage is sent with them, and the items with it; empty if there is none
     * @param most what a turn does not exceed, at next to no cost
     */
    private <T> List<T> newestThatFit(
            List<T> candidates,
            String newMessage,
            List<Item> items,
            ToIntFunction<T> most,
            ToIntFunction<T> count) {
        if (fitsForSure(candidates, Tokens.atMost(newMessage) + Tokens.atMost(items), most)) {
            return candidates;
        }
        int left =
                config.maxTokens()
                        - Tokens.atMost(items)
                        - (newMessage.isEmpty() ? 0 : tokens.ofMessage(newMessage));
        int from = candidates.size();
        while (from > 0 && (left -= count.applyAsInt(candidates.get(from - 1))) >= 0) {
            from--;
        }
        return candidates.subList(from, candidates.size());
    }

    private <T> boolean fitsForSure(List<T> candidates, long message, ToIntFunction<T> atMost) {
        long most = message;
        for (T turn : candidates) {
            most += atMost.applyAsInt(turn);
        }
        if (most > config.maxTokens() / 2) {
            tokens.prepare();
        }
        return most <= config.maxTokens();
    }
}
