package ai.konko.store.memory;

import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.ContextTurn;
import ai.konko.chat.DraftContent;
import ai.konko.chat.GrowingIds;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
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
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A chat's messages in their order, and which of the replies are not over. Not safe for use by
 * several threads: its {@link ChatLog}'s lock guards it.
 */
final class Transcript {
    private final PackedTurns messages;
    private final Cuts cuts = new Cuts();

    /** The replies that are not over, oldest first; only the first one may be in progress. */
    private final Deque<PlaceInLine> line = new ArrayDeque<>();

    /**
     * What there is so far of the reply in progress, which {@code messages} does not have. Each run
     * has a draft of its own, because whoever wrote to the one before may still do so.
     */
    private DraftContent draft = new DraftContent();

    private int answeredThrough;

    Transcript(UUID chatId) {
        messages = new PackedTurns(chatId);
    }

    /** The place of a reply that is not over. */
    record PlaceInLine(int seq, boolean streamed, boolean waits) implements Unfinished {}

    int size() {
        return messages.size();
    }

    boolean busy() {
        return !line.isEmpty();
    }

    /** The replies that are not over, oldest first; not to be changed. */
    Collection<PlaceInLine> line() {
        return line;
    }

    /**
     * The seq of the last reply that {@linkplain Message#isAnswer is an answer}; 0 if there is
     * none.
     */
    int answeredThrough() {
        return answeredThrough;
    }

    /** A message as it is now. */
    Message at(int seq) {
        Message message = messages.get(seq);
        return message.status() == Status.IN_PROGRESS && !draft.isEmpty()
                ? message.with(draft.written())
                : message;
    }

    Turn turnOf(int replySeq) {
        return new Turn(at(replySeq - 1), at(replySeq));
    }

    Message message(UUID id) {
        return at(seqOf(id));
    }

    /** The reply; if it is in progress, without its text, because to copy that takes long. */
    Message reply(UUID id) {
        return messages.get(seqOf(id)).requireReply();
    }

    /** The turn of a message, and those right before and after it. */
    List<Turn> around(int seq) {
        int reply = seq + seq % 2;
        return IntStream.of(reply - 2, reply, reply + 2)
                .filter(each -> each >= 2 && each <= size())
                .mapToObj(this::turnOf)
                .toList();
    }

    /** Needs no index, because ids grow with their seq, see {@link GrowingIds}. */
    int seqOf(UUID id) {
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

    void add(Turn turn, boolean streamed) {
        messages.add(turn.message(), turn.reply());
        line.addLast(new PlaceInLine(turn.reply().seq(), streamed, true));
    }

    /** Adds a turn that is over. */
    void addPast(Turn turn) {
        messages.add(turn.message(), turn.reply());
        if (turn.reply().isAnswer()) {
            answeredThrough = turn.reply().seq();
        }
    }

    /** Starts the first reply in line, if it waits. */
    Optional<PlaceInLine> start(Settings settings, String defaultModel) {
        PlaceInLine next = line.peekFirst();
        if (next == null || !next.waits()) {
            return Optional.empty();
        }
        Message queued = messages.get(next.seq());
        messages.set(queued.started(settings.modelToAsk(queued.namedModel(), defaultModel)));
        line.removeFirst();
        line.addFirst(new PlaceInLine(next.seq(), next.streamed(), false));
        draft = new DraftContent();
        return Optional.of(next);
    }

    /** The draft, if it is of that reply; else null. */
    @Nullable DraftContent draftOf(UUID replyId, int attempt) {
        PlaceInLine first = line.peekFirst();
        Message reply = first == null ? null : messages.get(first.seq());
        return reply != null
                        && reply.status() == Status.IN_PROGRESS
                        && reply.id().equals(replyId)
                        && reply.attempt() == attempt
                ? draft
                : null;
    }

    Message end(int seq, Outcome outcome, Instant now) {
        Message reply = messages.get(seq);
        Message ended = reply.ended(outcome, seq == size(), now);
        messages.set(ended); // first: if memory runs out here, nothing has changed yet
        cuts.set(seq, outcome.windowFrom());
        if (reply.status() == Status.IN_PROGRESS) {
            draft = new DraftContent();
        }
        line.removeIf(each -> each.seq() == seq);
        if (ended.isAnswer()) {
            answeredThrough = Math.max(answeredThrough, seq);
        }
        return ended;
    }

    /** Puts a reply that is over in the place of the same reply as it was. */
    void replace(Message reply) {
        messages.set(reply);
    }

    /** The chat's last reply, unless it is packed, and so has no calls. */
    @Nullable Message lastUnpacked() {
        return size() == 0 ? null : messages.unpacked(size());
    }

    /** Whether the last reply has calls that wait for outputs. */
    boolean waits() {
        Message last = lastUnpacked();
        return last != null && last.waits();
    }

    /** The ids of the calls of replies that are over and before this seq. */
    Set<String> callIds(int before) {
        Set<String> all = new HashSet<>();
        for (int seq = 2; seq <= size() && seq < before; seq += 2) {
            Message reply = messages.unpacked(seq);
            if (reply != null) {
                for (Item.Call each : Items.calls(reply.items())) {
                    all.add(each.callId());
                }
            }
        }
        return all;
    }

    /** The ids of all calls, those of the reply in progress too. */
    Set<String> knownCalls() {
        Set<String> all = callIds(Integer.MAX_VALUE);
        Items.calls(draft.items()).forEach(each -> all.add(each.callId()));
        return all;
    }

    /** The ids of the attachments that messages name. */
    Set<String> attached() {
        Set<String> all = new HashSet<>();
        for (int seq = 1; seq <= size(); seq += 2) {
            Items.attached(messages.itemsOfMessage(seq)).forEach(each -> all.add(each.id()));
        }
        return all;
    }

    /** Puts the last reply back in line; its text is gone. */
    void requeue(Message queued, boolean streamed) {
        messages.set(queued);
        line.addLast(new PlaceInLine(queued.seq(), streamed, true));
        findLastAnswer();
    }

    /** Puts what is left of a message in its place. */
    void putErased(Message message) {
        messages.set(message);
        findLastAnswer();
    }

    private void findLastAnswer() {
        while (answeredThrough > 0 && !messages.get(answeredThrough).isAnswer()) {
            answeredThrough -= 2;
        }
    }

    Page<Message> page(MessageQuery query) {
        return page(query, size(), this::at);
    }

    /**
     * @param message at a place, if it belongs to the list
     */
    static Page<Message> page(
            MessageQuery query, int size, IntFunction<@Nullable Message> message) {
        List<Message> found = new ArrayList<>();
        int step = query.order() == Order.ASC ? 1 : -1;
        int seq = query.after() == null ? (step > 0 ? 1 : size) : query.after() + step;
        long before = 0; // of the last one
        while (seq >= 1
                && seq <= size
                && found.size() <= query.limit()
                && before <= Page.MOST_CHARACTERS) {
            Message each = message.apply(seq);
            if (each != null) {
                before += found.isEmpty() ? 0 : found.getLast().characters();
                found.add(each);
            }
            seq += step;
        }
        return Page.of(found, query.limit());
    }

    /** The texts of all messages as they are now, without {@link #draft()}. */
    List<StoredText> texts() {
        return IntStream.rangeClosed(1, size()).mapToObj(messages::text).toList();
    }

    /**
     * @return the text so far of the reply in progress, which the lock guards; empty if there is
     *     none
     */
    CharSequence draft() {
        return draft.text();
    }

    /**
     * @param until how much of the draft a search looks at
     * @return the part that begins at {@code from}; empty if the draft's reply is over
     */
    @SuppressWarnings("ReferenceEquality") // another draft may have the same text
    String part(CharSequence searched, int from, int until) {
        StringBuilder text = draft.text();
        return searched == text
                ? text.substring(from, StoredText.partEnd(from, until, text::charAt))
                : "";
    }

    /**
     * @return the newest turns before {@code beforeSeq} that are context, oldest first; no turn is
     *     older than the one that brings the replies over {@code mostBytes}
     */
    List<Turn> context(int beforeSeq, int maxTurns, long mostBytes) {
        return newest(beforeSeq, maxTurns, mostBytes, _ -> 0, this::turnOf);
    }

    private <T> List<T> newest(
            int beforeSeq,
            int maxTurns,
            long mostBytes,
            IntUnaryOperator cut,
            IntFunction<T> turn) {
        int newest = Math.min(beforeSeq - 1, size());
        List<T> turns = new ArrayList<>();
        long left = mostBytes;
        int from = 2;
        for (int seq = newest - newest % 2;
                seq >= from && turns.size() < maxTurns && left >= 0;
                seq -= 2) {
            if (messages.isContext(seq)) {
                turns.add(turn.apply(seq));
                left -= messages.replyBytes(seq);
                from = Math.max(from, cut.applyAsInt(seq));
            }
        }
        Collections.reverse(turns);
        return Collections.unmodifiableList(turns);
    }

    /** Those of the same turns that are in the window. */
    List<ContextTurn> recall(int beforeSeq, int maxTurns, long mostBytes) {
        return newest(beforeSeq, maxTurns, mostBytes, cuts::of, messages::contextTurn);
    }

    /** As if no turn had cut the window. */
    void forgetCuts() {
        cuts.forget();
    }
}
