package ai.konko.assistant;

import ai.konko.assistant.ModelContext.Excluded;
import ai.konko.assistant.ModelContext.Reason;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.Role;
import ai.konko.chat.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds out why each message that the model does not see is left out. */
final class Exclusion {
    private static final int PAGE = 1000;

    private final ChatRepository repository;
    private final WindowBounds bounds;
    private final Tokens tokens;
    private final int summarized;

    /** The chat's turns that are not sent. */
    private final List<Left> left = new ArrayList<>();

    /** A turn and why it is left out. */
    private record Left(Message message, Message reply, Reason reason) {}

    /**
     * @param summarized the last message that a summary tells of; 0 for none
     */
    Exclusion(ChatRepository repository, WindowBounds bounds, Tokens tokens, int summarized) {
        this.repository = repository;
        this.bounds = bounds;
        this.tokens = tokens;
        this.summarized = summarized;
    }

    /**
     * @param sent the turns that the model sees
     * @return the messages that it does not see, in the chat's order
     */
    List<Excluded> of(UUID chatId, List<Turn> sent) {
        int firstSent = sent.isEmpty() ? Integer.MAX_VALUE : sent.getFirst().message().seq();
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
                    Reason reason = reason(new Turn(user, message), firstSent);
                    if (reason != null) {
                        left.add(new Left(user, message, reason));
                    }
                }
            }
        } while (page.more());
        withinTheWindow(bounds.maxTurns() - sent.size(), sent.stream().mapToInt(tokens::of).sum());
        List<Excluded> excluded = new ArrayList<>();
        for (Left each : left) {
            excluded.add(new Excluded(each.message().id(), each.reason()));
            excluded.add(new Excluded(each.reply().id(), each.reason()));
        }
        return excluded;
    }

    /**
     * Gives those of the newest that are context the other reason that would be too many tokens
     * even if the window began with them. It has only whole pieces, so it does not begin with a
     * turn that answers the calls of the one before it.
     *
     * @param turns how many more the window could have, if there were no bound of tokens
     * @param sent the tokens that it has
     */
    private void withinTheWindow(int turns, long sent) {
        List<Integer> within = new ArrayList<>();
        for (int i = left.size() - 1; i >= 0 && within.size() < turns; i--) {
            if (left.get(i).reason() == Reason.WINDOW) {
                within.add(i);
            }
        }
        while (!within.isEmpty() && answersCalls(within.getLast())) {
            within.removeLast();
        }
        for (int i : within.subList(firstTooMany(within, sent), within.size())) {
            Left turn = left.get(i);
            left.set(i, new Left(turn.message(), turn.reply(), Reason.TOKENS));
        }
    }

    /** Where among these turns, newest first, the first piece is that does not fit. */
    private int firstTooMany(List<Integer> within, long sent) {
        long all = sent;
        for (int i = 0; i < within.size(); i++) {
            Left turn = left.get(within.get(i));
            all += tokens.of(turn.message()) + tokens.of(turn.reply());
            if (all > bounds.maxTokens()) {
                int first = i;
                while (first > 0 && answersCalls(within.get(first - 1))) {
                    first--;
                }
                return first;
            }
        }
        return within.size();
    }

    private boolean answersCalls(int i) {
        return i > 0
                && Items.answer(left.get(i).message().items(), left.get(i - 1).reply().items());
    }

    /** Whether a turn is left out for its tokens is decided later, when all turns are known. */
    private @Nullable Reason reason(Turn turn, int firstSent) {
        Message reply = turn.reply();
        if (!reply.status().terminal()) {
            return Reason.PENDING;
        }
        if (!reply.isContext()) {
            return turn.isErased() ? Reason.DELETED : Reason.NO_REPLY;
        }
        if (reply.seq() > firstSent) {
            return null;
        }
        return reply.seq() <= summarized ? Reason.SUMMARIZED : Reason.WINDOW;
    }
}
