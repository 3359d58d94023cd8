package ai.konko.assistant;

import ai.konko.chat.ChatRepository;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Memory;
import ai.konko.chat.MemorySummary;
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
    /** How many of the newest summaries can matter. */
    private static final int SUMMARIES = 4;

    private final ChatRepository repository;
    private final MemoryConfig config;
    private final Tokens tokens;
    private final Pieces pieces;

    ContextWindow(ChatRepository repository, MemoryConfig config, Tokens tokens) {
        this.repository = repository;
        this.config = config;
        this.tokens = tokens;
        this.pieces = new Pieces(repository);
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
     * @param begin the seq of the message that it begins with, the new one if there is no other
     * @param summary of turns before those; null if there is none
     * @param summaryDue whether it may be time for a summary once the message's turn is over
     */
    record Window(
            List<ContextTurn> turns,
            int cutFrom,
            int begin,
            @Nullable MemorySummary summary,
            boolean summaryDue) {
        static final Window EMPTY = new Window(List.of(), 0, 1, null, false);
    }

    WindowBounds bounds(Memory chosen) {
        return WindowBounds.of(config, chosen);
    }

    Window before(Next next, Memory chosen) {
        return before(next, chosen, null, true);
    }

    /**
     * The window begins at the same turn until it is full, and then where its summary ends, if that
     * is there; else it is cut to its share. A summary that a client has asked for has it begin
     * there at once.
     *
     * @param chosen for the chat
     * @param read what the log has recalled before the message by the service's own bounds; null if
     *     it is still to be read
     * @param summarized whether the chat may have summaries
     */
    Window before(Next next, Memory chosen, @Nullable List<ContextTurn> read, boolean summarized) {
        WindowBounds all = bounds(chosen);
        List<MemorySummary> summaries = summarized ? summaries(next, all) : List.of();
        WindowBounds bounds = all.compacts() || !summaries.isEmpty() ? all.besideSummary() : all;
        List<ContextTurn> turns = turns(next, bounds, read);
        int needed = Pieces.whole(turns, next.least());
        MemorySummary ready = ready(summaries, turns);
        List<ContextTurn> sent = sent(turns, next, bounds, ready);
        sent = sent.size() >= needed ? sent : Pieces.newest(turns, needed);
        int begin = beginning(sent, next);
        MemorySummary told = told(summaries, begin);
        boolean due =
                bounds.compacts()
                        && (begin - 1 > (told == null ? 0 : told.throughSeq())
                                || (ready(summaries, sent) == null
                                        && mayBeNearlyFull(sent, next, bounds)));
        return new Window(sent, sent.size() == turns.size() ? 0 : begin, begin, told, due);
    }

    /** Those that the model may be told of: if the chat compacts none, those asked for. */
    private List<MemorySummary> summaries(Next next, WindowBounds bounds) {
        return repository.summaries(next.chatId(), next.seq(), SUMMARIES).stream()
                .filter(each -> bounds.compacts() || each.asked())
                .toList();
    }

    /** The turns that the window has as long as it is not cut, or so many that it is. */
    private List<ContextTurn> turns(
            Next next, WindowBounds bounds, @Nullable List<ContextTurn> read) {
        int most = Math.max(bounds.maxTurns(), next.earlier());
        if (most == 0 && next.least() == 0) {
            return List.of();
        }
        List<ContextTurn> turns =
                read != null && next.earlier() <= bounds.maxTurns() && suffices(read, bounds)
                        ? read
                        : recall(next, most + 1, bounds.mostBytes());
        int needed = Pieces.whole(turns, next.least());
        for (int known = -1; needed > turns.size() && turns.size() > known; ) {
            known = turns.size(); // they are long, or many, or fewer
            turns = recall(next, Math.max(needed, 2 * known), Long.MAX_VALUE);
            needed = Pieces.whole(turns, next.least());
        }
        return turns;
    }

    private static int beginning(List<ContextTurn> sent, Next next) {
        return sent.isEmpty() ? next.seq() : sent.getFirst().replySeq() - 1;
    }

    /** The newest that tells only of what the window leaves out. */
    private static @Nullable MemorySummary told(List<MemorySummary> summaries, int begin) {
        return summaries.stream()
                .filter(each -> each.throughSeq() < begin)
                .findFirst()
                .orElse(null);
    }

    /** The newest that ends within the window. */
    private static @Nullable MemorySummary ready(
            List<MemorySummary> summaries, List<ContextTurn> turns) {
        return turns.isEmpty()
                        || summaries.isEmpty()
                        || summaries.getFirst().throughSeq() < turns.getFirst().replySeq()
                ? null
                : summaries.getFirst();
    }

    private List<ContextTurn> sent(
            List<ContextTurn> turns,
            Next next,
            WindowBounds bounds,
            @Nullable MemorySummary ready) {
        boolean full = !isWithin(turns, next, bounds);
        if (ready != null && (full || ready.asked())) {
            List<ContextTurn> rest =
                    turns.stream().filter(each -> each.replySeq() > ready.throughSeq()).toList();
            if (isWithin(rest, next, bounds)) {
                return pieces.withoutParts(next.chatId(), rest);
            }
        }
        return full ? cut(turns, next, bounds) : pieces.withoutParts(next.chatId(), turns);
    }

    /** Whether all of these turns fit the window. */
    boolean isWithin(List<ContextTurn> turns, Next next, WindowBounds bounds) {
        return turns.size() <= Math.max(bounds.maxTurns(), next.earlier())
                && fit(turns, next, bounds.maxTokens());
    }

    /** The newest of these turns that fit these bounds. */
    List<ContextTurn> newestWithin(List<ContextTurn> turns, Next next, WindowBounds bounds) {
        return newestThatFit(Pieces.newest(turns, bounds.maxTurns()), next, bounds.maxTokens());
    }

    /** Without counting: never no if it is, with a reply of some length to come. */
    private static boolean mayBeNearlyFull(
            List<ContextTurn> turns, Next next, WindowBounds bounds) {
        long bytes = Tokens.atMost(next.text());
        for (ContextTurn each : turns) {
            bytes += Tokens.atMost(each);
        }
        WindowBounds nearly = bounds.nearlyFull();
        return turns.size() + 1 > nearly.maxTurns() || bytes > nearly.maxTokens() / 2;
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

    /** What a cut leaves: of the last piece all, if it fits the window. */
    private List<ContextTurn> cut(List<ContextTurn> turns, Next next, WindowBounds bounds) {
        List<ContextTurn> kept =
                pieces.withoutParts(
                        next.chatId(),
                        newestThatFit(
                                Pieces.newest(turns, bounds.keptTurns()),
                                next,
                                bounds.keptTokens()));
        if (!kept.isEmpty()) {
            return kept;
        }
        List<ContextTurn> last =
                pieces.withoutParts(next.chatId(), Pieces.newest(turns, Pieces.whole(turns, 1)));
        return last.size() <= bounds.maxTurns() && fit(last, next, bounds.maxTokens())
                ? last
                : List.of();
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
