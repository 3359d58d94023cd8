package ai.konko.assistant;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Memory;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Turn;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses which turns of a chat the model sees. The window begins at the same turn until the turns
 * since then no longer fit its bounds. Then it is cut to a part of them, see {@link MemoryConfig},
 * at a turn's boundary. So most prompts begin with all of the prompt before, to the letter, and the
 * provider's cache serves that part. Where the window begins is a function of the log, see {@link
 * ChatRepository#recall}. {@link Prompts} puts the prompt together.
 */
@Singleton
class ContextWindow {
    private final ChatRepository repository;
    private final MemoryConfig config;
    private final Tokens tokens;

    ContextWindow(ChatRepository repository, MemoryConfig config, Tokens tokens) {
        this.repository = repository;
        this.config = config;
        this.tokens = tokens;
    }

    /**
     * The message that the model is to reply to.
     *
     * @param seq its place
     * @param items what it has beside its text
     * @param earlier how many turns right before it are sent in any case
     */
    record Next(UUID chatId, int seq, String text, List<Item> items, int earlier) {

        static Next of(Message message, Options options) {
            return new Next(
                    message.chatId(),
                    message.seq(),
                    message.content(),
                    message.items(),
                    options.earlier());
        }

        /** A message that is not known yet. */
        static Next of(UUID chatId) {
            return new Next(chatId, Integer.MAX_VALUE, "", List.of(), 0);
        }

        /** How many turns before it are needed at least. */
        private int least() {
            return Math.max(earlier, Items.outputs(items).isEmpty() ? 0 : 1);
        }
    }

    /**
     * What the model sees before a message.
     *
     * @param turns the oldest first
     * @param cutFrom if the message's turn cuts the window: the seq of the message that the window
     *     begins with since; else 0
     */
    record Window(List<ContextTurn> turns, int cutFrom) {
        static final Window EMPTY = new Window(List.of(), 0);
    }

    WindowBounds bounds(Memory chosen) {
        return WindowBounds.of(config, chosen);
    }

    /**
     * @param chosen for the chat
     * @param read what the log has recalled before the message by the service's own bounds; null if
     *     it is still to be read
     */
    Window before(Next next, Memory chosen, @Nullable List<ContextTurn> read) {
        WindowBounds bounds = bounds(chosen);
        int most = Math.max(bounds.maxTurns(), next.earlier());
        if (most == 0 && next.least() == 0) {
            return Window.EMPTY;
        }
        List<ContextTurn> turns =
                read != null && next.earlier() <= bounds.maxTurns() && suffices(read, bounds)
                        ? read
                        : recall(next, most + 1, bounds.mostBytes());
        int needed = whole(turns, next.least());
        for (int known = -1; needed > turns.size() && turns.size() > known; ) {
            known = turns.size(); // they are long, or many, or fewer
            turns = recall(next, Math.max(needed, 2 * known), Long.MAX_VALUE);
            needed = whole(turns, next.least());
        }
        List<ContextTurn> sent =
                turns.size() <= most && fit(turns, next, bounds.maxTokens())
                        ? withoutParts(next, turns)
                        : cut(turns, next, bounds);
        sent = sent.size() >= needed ? sent : newest(turns, needed);
        return new Window(sent, sent.size() == turns.size() ? 0 : beginning(sent, next));
    }

    private List<ContextTurn> recall(Next next, int maxTurns, long mostBytes) {
        return repository.recall(next.chatId(), next.seq(), maxTurns, mostBytes);
    }

    /** Whether the log would recall no more by these bounds. */
    private boolean suffices(List<ContextTurn> read, WindowBounds bounds) {
        WindowBounds usual = bounds(Memory.NONE);
        boolean isAll = read.isEmpty() || read.getFirst().replySeq() == 2;
        return isAll
                || (bounds.maxTurns() <= usual.maxTurns()
                        && bounds.mostBytes() <= usual.mostBytes());
    }

    private static int beginning(List<ContextTurn> sent, Next next) {
        return sent.isEmpty() ? next.seq() : sent.getFirst().replySeq() - 1;
    }

    /** What a cut leaves: of the last piece all, if it fits the window. */
    private List<ContextTurn> cut(List<ContextTurn> turns, Next next, WindowBounds bounds) {
        List<ContextTurn> kept =
                withoutParts(
                        next,
                        newestThatFit(
                                newest(turns, bounds.keptTurns()), next, bounds.keptTokens()));
        if (!kept.isEmpty()) {
            return kept;
        }
        List<ContextTurn> last = withoutParts(next, newest(turns, whole(turns, 1)));
        return last.size() <= bounds.maxTurns() && fit(last, next, bounds.maxTokens())
                ? last
                : List.of();
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

    /**
     * @return these turns without the oldest, if those are only a part of a piece
     */
    private List<ContextTurn> withoutParts(Next next, List<ContextTurn> turns) {
        int from = 0;
        while (from < turns.size() && answersCalls(next, turns, from)) {
            from++;
        }
        return turns.subList(from, turns.size());
    }

    /** Outputs that a client has put into a log may be of no calls. */
    private boolean answersCalls(Next next, List<ContextTurn> turns, int i) {
        ContextTurn turn = turns.get(i);
        if (Items.outputs(turn.messageItems()).isEmpty()) {
            return false;
        }
        return i > 0
                ? Items.answer(turn.messageItems(), turns.get(i - 1).replyItems())
                : repository.recall(next.chatId(), turn.replySeq() - 1, 1, Long.MAX_VALUE).stream()
                        .anyMatch(before -> Items.answer(turn.messageItems(), before.replyItems()));
    }

    private boolean fit(List<ContextTurn> turns, Next next, int maxTokens) {
        return newestThatFit(turns, next, maxTokens).size() == turns.size();
    }

    private List<ContextTurn> newestThatFit(List<ContextTurn> turns, Next next, int maxTokens) {
        return newestThatFit(
                turns, next, maxTokens, Tokens::atMost, turn -> tokens.of(next.chatId(), turn));
    }

    /**
     * @return the newest of these turns that fit the tokens of the service's own bounds, if no
     *     message goes with them
     */
    List<Turn> newestThatFit(List<Turn> turns) {
        return newestThatFit(
                turns, Next.of(new UUID(0, 0)), config.maxTokens(), Tokens::atMost, tokens::of);
    }

    /**
     * @param next is sent with them; its text is empty if it is not known
     * @param most what a turn does not exceed, at next to no cost
     */
    private <T> List<T> newestThatFit(
            List<T> turns,
            Next next,
            int maxTokens,
            ToIntFunction<T> most,
            ToIntFunction<T> count) {
        long atMost = (long) Tokens.atMost(next.text()) + Tokens.atMost(next.items());
        if (fitForSure(turns, atMost, maxTokens, most)) {
            return turns;
        }
        int left =
                maxTokens
                        - Tokens.atMost(next.items())
                        - (next.text().isEmpty() ? 0 : tokens.ofMessage(next.text()));
        int from = turns.size();
        while (from > 0 && (left -= count.applyAsInt(turns.get(from - 1))) >= 0) {
            from--;
        }
        return turns.subList(from, turns.size());
    }

    private <T> boolean fitForSure(
            List<T> turns, long message, int maxTokens, ToIntFunction<T> atMost) {
        long most = message;
        for (T turn : turns) {
            most += atMost.applyAsInt(turn);
        }
        if (most > maxTokens / 2) {
            tokens.prepare();
        }
        return most <= maxTokens;
    }
}
