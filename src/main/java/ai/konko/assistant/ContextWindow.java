package ai.konko.assistant;

import ai.konko.assistant.ModelContext.Excluded;
import ai.konko.assistant.ModelContext.Reason;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.Role;
import ai.konko.chat.Turn;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses which turns of a chat the model sees: the newest whole turns that fit, see {@link
 * MemoryConfig}. {@link Prompts} puts the prompt together.
 */
@Singleton
public class ContextWindow {
    private static final int PAGE = 1000;

    private final ChatRepository repository;
    private final MemoryConfig config;
    private final Tokens tokens;

    ContextWindow(ChatRepository repository, MemoryConfig config, Tokens tokens) {
        this.repository = repository;
        this.config = config;
        this.tokens = tokens;
    }

    /**
     * @param earlier how many turns right before the message are sent in any case
     * @return the turns that the model sees before a message at this place, oldest first
     */
    public List<ContextTurn> before(UUID chatId, int seq, String message, int earlier) {
        List<ContextTurn> candidates =
                repository.recall(chatId, seq, Math.max(maxTurns(), earlier), mostBytes());
        if (candidates.size() < earlier) { // they are long, or fewer
            candidates = repository.recall(chatId, seq, earlier, Long.MAX_VALUE);
        }
        List<ContextTurn> fitting =
                newestThatFit(candidates, message, Tokens::atMost, turn -> tokens.of(chatId, turn));
        return fitting.size() >= earlier
                ? fitting
                : candidates.subList(Math.max(0, candidates.size() - earlier), candidates.size());
    }

    /**
     * @return what the model would be sent before the chat's next message, whose length is not
     *     known yet
     */
    public ModelContext next(UUID chatId) {
        List<Turn> turns =
                newestThatFit(
                        repository.context(chatId, Integer.MAX_VALUE, maxTurns(), mostBytes()));
        int estimate = turns.stream().mapToInt(tokens::of).sum();
        return new ModelContext(
                repository.chat(chatId).settings().instructions(),
                turns,
                excluded(chatId, turns),
                estimate,
                config.maxMessages(),
                config.maxTokens());
    }

    /** The new message takes one place, and a turn takes two. */
    private int maxTurns() {
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
        return newestThatFit(
                candidates,
                "",
                turn ->
                        Tokens.atMost(turn.message().content())
                                + Tokens.atMost(turn.reply().content()),
                tokens::of);
    }

    /**
     * @param newMessage is sent with them; empty if there is none
     * @param most what a turn does not exceed, at next to no cost
     */
    private <T> List<T> newestThatFit(
            List<T> candidates, String newMessage, ToIntFunction<T> most, ToIntFunction<T> count) {
        if (fitsForSure(candidates, newMessage, most)) {
            return candidates;
        }
        int left = config.maxTokens() - (newMessage.isEmpty() ? 0 : tokens.ofMessage(newMessage));
        int from = candidates.size();
        while (from > 0 && (left -= count.applyAsInt(candidates.get(from - 1))) >= 0) {
            from--;
        }
        return candidates.subList(from, candidates.size());
    }

    private <T> boolean fitsForSure(
            List<T> candidates, String newMessage, ToIntFunction<T> atMost) {
        long most = Tokens.atMost(newMessage);
        for (T turn : candidates) {
            most += atMost.applyAsInt(turn);
        }
        if (most > config.maxTokens() / 2) {
            tokens.prepare();
        }
        return most <= config.maxTokens();
    }

    private List<Excluded> excluded(UUID chatId, List<Turn> sent) {
        int firstSent = sent.isEmpty() ? Integer.MAX_VALUE : sent.getFirst().message().seq();
        List<Excluded> excluded = new ArrayList<>();
        Integer after = null;
        Page<Message> page;
        Message user = null;
        do {
            page = repository.messages(chatId, new MessageQuery(PAGE, Order.ASC, after));
            for (Message message : page.items()) {
                after = message.seq();
                if (message.role() == Role.USER) {
                    user = message;
                } else if (user != null) {
                    Reason reason = reason(message, firstSent);
                    if (reason != null) {
                        excluded.add(new Excluded(user.id(), reason));
                        excluded.add(new Excluded(message.id(), reason));
                    }
                }
            }
        } while (page.more());
        return withinTheWindow(excluded, maxTurns() - sent.size());
    }

    /**
     * @param turns how many more the window would have, if there were no bound of tokens
     * @return the same with the reason of the newest of those that are context
     */
    private static List<Excluded> withinTheWindow(List<Excluded> excluded, int turns) {
        int left = 2 * turns;
        for (int i = excluded.size() - 1; i >= 0 && left > 0; i--) {
            if (excluded.get(i).reason() == Reason.WINDOW) {
                excluded.set(i, new Excluded(excluded.get(i).messageId(), Reason.TOKENS));
                left--;
            }
        }
        return excluded;
    }

    /** Whether a turn is left out for its tokens is decided later, when all turns are known. */
    private static @Nullable Reason reason(Message reply, int firstSent) {
        if (!reply.status().terminal()) {
            return Reason.PENDING;
        }
        if (!reply.isContext()) {
            return Reason.NO_REPLY;
        }
        return reply.seq() > firstSent ? null : Reason.WINDOW;
    }
}
