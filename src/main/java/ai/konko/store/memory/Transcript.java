package ai.konko.store.memory;

import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Message;
import ai.konko.chat.Outcome;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Settings;
import ai.konko.chat.Status;
import ai.konko.chat.Turn;
import ai.konko.chat.Unfinished;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A chat's messages in their order, and which of the replies are not over. Not safe for use by
 * several threads: its {@link ChatLog}'s lock guards it.
 */
final class Transcript {
    private final PackedTurns messages;

    /** The replies that are not over, oldest first; only the first one may be in progress. */
    private final Deque<InLine> line = new ArrayDeque<>();

    /**
     * The text so far of the reply in progress; {@code messages} has it without. A new builder each
     * time, for who wrote to the one before may still do so.
     */
    private StringBuilder running = new StringBuilder();

    private int answeredThrough;

    Transcript(UUID chatId) {
        messages = new PackedTurns(chatId);
    }

    /** A reply's place in line. */
    record InLine(int seq, boolean streamed, boolean waits) implements Unfinished {}

    int size() {
        return messages.size();
    }

    boolean busy() {
        return !line.isEmpty();
    }

    /**
     * @return the replies that are not over, oldest first; not to be changed
     */
    Collection<InLine> line() {
        return line;
    }

    /**
     * @return the seq of the last reply that is over and has text; 0 where there is none
     */
    int answeredThrough() {
        return answeredThrough;
    }

    /** A message as it is now. */
    Message at(int seq) {
        Message message = messages.get(seq);
        return message.status() == Status.IN_PROGRESS && !running.isEmpty()
                ? message.withText(running.toString())
                : message;
    }

    Turn turnOf(int replySeq) {
        return new Turn(at(replySeq - 1), at(replySeq));
    }

    Message message(UUID id) {
        return at(seqOf(id));
    }

    /**
     * @return the reply, of one in progress without the text, which is long to copy
     */
    Message reply(UUID id) {
        return messages.get(seqOf(id)).requireReply();
    }

    /**
     * Ids grow with their seq, whatever the clock does, see {@link GrowingIds}: so there need be no
     * index of them.
     */
    private int seqOf(UUID id) {
        int low = 1;
        int high = size();
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = messages.id(middle).compareTo(id);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        throw RefusedException.messageNotFound();
    }

    /** The replies that are not over, oldest first. */
    List<Message> unfinished() {
        return line.stream().map(each -> at(each.seq())).toList();
    }

    void add(Turn turn, boolean streamed) {
        place(turn);
        line.addLast(new InLine(turn.reply().seq(), streamed, true));
    }

    /** Adds a turn that is over. */
    void addPast(Turn turn) {
        place(turn);
        if (turn.reply().isAnswer()) {
            answeredThrough = turn.reply().seq();
        }
    }

    private void place(Turn turn) {
        messages.add(turn.message(), turn.reply());
    }

    /** Starts the first reply in line, unless it runs already. */
    Optional<InLine> start(Settings settings, String defaultModel) {
        InLine next = line.peekFirst();
        if (next == null || !next.waits()) {
            return Optional.empty();
        }
        Message queued = messages.get(next.seq());
        messages.set(queued.started(settings.modelToAsk(queued.namedModel(), defaultModel)));
        line.removeFirst();
        line.addFirst(new InLine(next.seq(), next.streamed(), false));
        running = new StringBuilder();
        return Optional.of(next);
    }

    /**
     * @return the text so far of that reply, if it is in progress; null if not
     */
    @Nullable StringBuilder draft(UUID replyId, int attempt) {
        InLine first = line.peekFirst();
        Message reply = first == null ? null : messages.get(first.seq());
        return reply != null
                        && reply.status() == Status.IN_PROGRESS
                        && reply.id().equals(replyId)
                        && reply.attempt() == attempt
                ? running
                : null;
    }

    Message end(int seq, Outcome outcome, Instant now) {
        Message reply = messages.get(seq);
        Message ended = reply.ended(outcome, now);
        messages.set(
                ended); // first: where memory is short, all is as it was, and can be done again
        if (reply.status() == Status.IN_PROGRESS) {
            running = new StringBuilder();
        }
        line.removeIf(each -> each.seq() == seq);
        if (ended.isAnswer()) {
            answeredThrough = Math.max(answeredThrough, seq);
        }
        return ended;
    }

    /** Puts the last reply back in line; its text is gone. */
    void requeue(Message queued, boolean streamed) {
        messages.set(queued);
        line.addLast(new InLine(queued.seq(), streamed, true));
        while (answeredThrough > 0 && !messages.get(answeredThrough).isAnswer()) {
            answeredThrough -= 2;
        }
    }

    Page<Message> page(MessageQuery query) {
        List<Message> found = new ArrayList<>();
        int step = query.order() == Order.ASC ? 1 : -1;
        int seq = query.after() == null ? (step > 0 ? 1 : size()) : query.after() + step;
        long before = 0; // of the last one
        while (seq >= 1
                && seq <= size()
                && found.size() <= query.limit()
                && before <= Page.MOST_CHARACTERS) {
            before += found.isEmpty() ? 0 : found.getLast().content().length();
            found.add(at(seq));
            seq += step;
        }
        return Page.of(found, query.limit());
    }

    /** The texts of all messages as they are now, but for what {@link #draft()} has. */
    List<StoredText> texts() {
        return IntStream.rangeClosed(1, size()).mapToObj(messages::text).toList();
    }

    /**
     * @return the text so far of the reply in progress, which the lock guards; empty if there is
     *     none
     */
    CharSequence draft() {
        return running;
    }

    /**
     * @param until how much of the draft the search looks at
     * @return what it looks at next; empty if the draft's reply is over
     */
    @SuppressWarnings("ReferenceEquality") // the one, not one that says the same
    String part(CharSequence draft, int from, int until) {
        return draft == running
                ? running.substring(from, StoredText.partEnd(from, until, running::charAt))
                : "";
    }

    /**
     * @return the newest turns before {@code beforeSeq} that are context, oldest first; the oldest
     *     is the one that brings the replies over {@code mostBytes}
     */
    <T> List<T> context(int beforeSeq, int maxTurns, long mostBytes, IntFunction<T> turn) {
        int newest = Math.min(beforeSeq - 1, size());
        List<T> turns = new ArrayList<>();
        long left = mostBytes;
        for (int seq = newest - newest % 2;
                seq >= 2 && turns.size() < maxTurns && left >= 0;
                seq -= 2) {
            if (messages.isContext(seq)) {
                turns.add(turn.apply(seq));
                left -= messages.replyBytes(seq);
            }
        }
        Collections.reverse(turns);
        return Collections.unmodifiableList(turns);
    }

    ContextTurn contextTurn(int replySeq) {
        return messages.contextTurn(replySeq);
    }
}
