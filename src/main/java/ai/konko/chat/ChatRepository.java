package ai.konko.chat;

import ai.konko.chat.RepeatableRequest.Made;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The log: the one source of truth about chats. Each operation is atomic and takes effect at one
 * moment between its call and its return; operations on different chats do not wait for one
 * another. What is returned is immutable. Texts are {@linkplain WellFormed well-formed}.
 *
 * <p>Operations on a chat that does not exist are refused with {@link ErrorCode#CHAT_NOT_FOUND}, on
 * a message that the chat does not have with {@link ErrorCode#MESSAGE_NOT_FOUND}. Every refusal is
 * a {@link RefusedException} and leaves the log as it was.
 *
 * <p>A log that several processes share, or that can be out of reach, refuses anything with {@link
 * ErrorCode#STORE_UNAVAILABLE} while it is; whether the refused operation took effect is then not
 * known in every case.
 */
public interface ChatRepository {

    /**
     * @return whether operations may have to wait for something outside this process; if not, those
     *     on one chat are quick enough for an event loop
     */
    boolean blocks();

    default Chat create(Owner owner, Settings settings) {
        return create(new NewChat(owner, settings, null, null), List.of());
    }

    /**
     * Makes a chat with these turns, or finds the one that was made for a request with the same
     * idempotency key.
     *
     * @return the chat as it is now
     * @throws RefusedException {@link ErrorCode#CAPACITY} at a limit of chats, of stored text, or
     *     of a chat; {@link ErrorCode#IDEMPOTENCY_KEY_REUSED}; {@link ErrorCode#CHAT_NOT_FOUND} if
     *     the chat that the key stands for was deleted
     */
    Chat create(NewChat wanted, List<PastTurn> turns);

    /**
     * Makes a chat with the turn of a post, or finds both. The post has the idempotency key of the
     * request that the chat is made for. If the post is refused, there is no chat.
     *
     * @param start see {@link #accept}
     * @throws RefusedException see {@link #create} and {@link #accept}
     */
    Accepted open(NewChat wanted, Post post, @Nullable StartOptions start);

    /** The turn waits in line. */
    default Accepted open(NewChat wanted, Post post) {
        return open(wanted, post, null);
    }

    /**
     * Finds what an earlier one of the same request has added.
     *
     * @param request has a key, or was sent before
     * @param chatId the chat that it goes on with; null if it makes one
     * @throws RefusedException {@link ErrorCode#IDEMPOTENCY_KEY_REUSED}
     */
    Optional<Made> made(RepeatableRequest request, @Nullable UUID chatId);

    /**
     * Forgets which keys of requests stand for which chats, if they are older. Keys of posts stay
     * with their turns.
     *
     * @return how many
     */
    int forgetKeys(Duration age);

    /**
     * @return whose the chat is, which never changes
     */
    Owner owner(UUID chatId);

    Chat chat(UUID chatId);

    /**
     * @return chats, the newest created first
     */
    Page<Chat> chats(ChatQuery query);

    /**
     * @return chats that were made for a chat completion, in the order in which they were created,
     *     if both {@linkplain CompletionQuery#matches(Message) match}
     */
    Page<Chat> completions(CompletionQuery query);

    /**
     * If the memory changes, the chat's cuts are forgotten, so that the next turn finds the window
     * by the new settings.
     *
     * @throws RefusedException {@link ErrorCode#INVALID} if the result breaks a limit
     */
    Chat patch(UUID chatId, SettingsPatch patch);

    /**
     * Removes the chat and all that belongs to it.
     *
     * @return the replies that were not over, each now cancelled with the text it had; whoever runs
     *     one has to stop
     */
    List<Message> delete(UUID chatId);

    /**
     * Removes all chats that have no unfinished turn and have not changed for {@code idle}; those
     * that cannot be reached are left. A clock that is set meanwhile takes no chat away early.
     *
     * @return how many
     */
    int expire(Duration idle);

    /**
     * Gives a user's message and the reply to it the chat's next two places, or finds the turn that
     * the post's idempotency key already made. {@link Admission} decides. Keeps the attachments
     * that the post brings.
     *
     * @throws RefusedException {@link ErrorCode#IDEMPOTENCY_KEY_REUSED}, {@link
     *     ErrorCode#CHAT_BUSY} or {@link ErrorCode#NOT_LAST} (if the post asks for it), {@link
     *     ErrorCode#QUEUE_FULL} or {@link ErrorCode#CAPACITY}; {@link ErrorCode#INVALID} or {@link
     *     ErrorCode#CALL_CLOSED} if its outputs are not those of the open calls
     */
    default Accepted accept(UUID chatId, Post post) {
        return accept(chatId, post, null);
    }

    /**
     * The same, and may {@link #start} the chat's next turn in the same step.
     *
     * @param start null if no turn is to be started
     */
    Accepted accept(UUID chatId, Post post, @Nullable StartOptions start);

    /**
     * Takes in turns that are over: all of them or none, at the chat's end, in this order.
     *
     * @return the turns with their places
     * @throws RefusedException {@link ErrorCode#CHAT_BUSY} while a turn is unfinished, {@link
     *     ErrorCode#CAPACITY}
     */
    List<Turn> take(UUID chatId, List<PastTurn> turns);

    /**
     * The same for a request, unless one with the same idempotency key has done it.
     *
     * @param request null if it can't be repeated
     */
    Made take(UUID chatId, List<PastTurn> turns, @Nullable RepeatableRequest request);

    /**
     * Starts the oldest unfinished turn of the chat, unless one is in progress already: so at most
     * one runs at any time, and they run in the order of the log. A turn whose process has died is
     * started again, with its text discarded, or ended, see {@link Recovery}.
     *
     * @return the turn that the caller has to run now; empty if there is none, or no such chat
     */
    Optional<Started> start(UUID chatId, StartOptions options);

    default Optional<Started> start(UUID chatId, String defaultModel) {
        return start(chatId, new StartOptions(defaultModel));
    }

    /**
     * What a reply in progress consists of, to be added to as the model writes it. All of it is
     * dropped if the reply is not in progress now. Neither this nor adding to it waits for a disk
     * or a network.
     */
    Draft draft(UUID chatId, UUID replyId, int attempt);

    /**
     * Ends a reply. If it is completed with calls, they wait for the client's outputs, unless other
     * turns are in line already: then they are abandoned. The first end wins: on a reply that is
     * over already, in another attempt, or another process' by now, this changes nothing.
     *
     * @return the reply as it is now, which need not be over if it is another process'
     */
    default Message finish(UUID chatId, UUID replyId, int attempt, Outcome outcome) {
        return finish(chatId, replyId, attempt, outcome, null).reply();
    }

    /**
     * The same, and may {@link #start} the chat's next turn in the same step.
     *
     * @param start null if no turn is to be started
     */
    Finished finish(
            UUID chatId, UUID replyId, int attempt, Outcome outcome, @Nullable StartOptions start);

    /**
     * Ends a reply that waits in line as cancelled; one that is in progress is left to whoever runs
     * it, and one that is over stays as it is. If the chat's last reply has calls that wait for
     * outputs, those are cancelled.
     *
     * @throws RefusedException {@link ErrorCode#MESSAGE_NOT_FOUND} also for a user's message
     */
    Cancelled cancel(UUID chatId, UUID replyId);

    /**
     * Puts a failed or incomplete reply, if it is the chat's last, back in line: the same place, a
     * new attempt, its text discarded. What its earlier attempts have used stays in the chat's
     * usage.
     *
     * @param streamed see {@link Post}
     * @throws RefusedException {@link ErrorCode#NOT_RETRYABLE}, also if nothing is left of the
     *     message to reply to; {@link ErrorCode#MESSAGE_NOT_FOUND} also for a user's message
     */
    Turn retry(UUID chatId, UUID replyId, boolean streamed);

    /**
     * Erases items of a message for good, see {@link Erasure}.
     *
     * @return the message as it is now
     * @throws RefusedException {@link ErrorCode#CHAT_BUSY} while a turn is unfinished; {@link
     *     ErrorCode#MESSAGE_NOT_FOUND} also if the message does not have these items
     */
    Message erase(UUID chatId, UUID messageId, int attempt, Set<Integer> places);

    /**
     * @return messages of the chat, by seq in the query's order; fewer than its limit where they
     *     are long, see {@link Page#MOST_CHARACTERS}
     */
    Page<Message> messages(UUID chatId, MessageQuery query);

    Message message(UUID chatId, UUID messageId);

    /**
     * The newest turns that {@linkplain Message#isContext are context}. They end with the one that
     * brings the replies over {@code mostBytes}, because somebody who looks for a few turns must
     * not read a hundred long replies; messages are bounded when they are posted.
     *
     * @param beforeSeq only turns whose user message has a smaller seq
     * @param maxTurns the most turns
     * @param mostBytes of all replies but the oldest, in UTF-8
     * @return the oldest first
     */
    List<Turn> context(UUID chatId, int beforeSeq, int maxTurns, long mostBytes);

    /**
     * Those of the same turns that are in the chat's window: the ones since the newest cut among
     * them. A turn that cuts the window says so with its reply's {@linkplain Outcome#windowFrom
     * end}, and that counts as long as its turn is context. So where the window begins is told by
     * the log alone, by the turns that are read anyway.
     *
     * @return what the model is sent of them
     */
    List<ContextTurn> recall(UUID chatId, int beforeSeq, int maxTurns, long mostBytes);

    /**
     * @throws RefusedException {@link ErrorCode#NOT_FOUND} if the chat does not have it
     */
    Attachment attachment(UUID chatId, String id);

    /**
     * @return what is known of it, without reading its bytes
     * @throws RefusedException see {@link #attachment}
     */
    Attached attached(UUID chatId, String id);

    /**
     * @return the bytes of those of these attachments that the chat has, by their ids; not to be
     *     changed
     */
    Map<String, byte[]> attachments(UUID chatId, Set<String> ids);

    /**
     * @return the ids of all calls of the chat's replies that are over
     */
    default Set<String> callIds(UUID chatId) {
        return callIds(chatId, Integer.MAX_VALUE);
    }

    /** The same of replies before this seq. */
    Set<String> callIds(UUID chatId, int before);

    MessageCounts messageCounts(UUID chatId);

    /** Counts what was used beside all chats. */
    void count(DailyUsage used);

    /**
     * @return the highlights last kept for the chat
     */
    Optional<Highlights> highlights(UUID chatId);

    /**
     * Keeps highlights for the chat in place of earlier ones, unless those take in more of the
     * chat, or these take in a reply that runs again.
     */
    void keepHighlights(UUID chatId, Highlights highlights);

    /**
     * @param before only summaries that end before this seq
     * @param most the most of them
     * @return the chat's summaries, the newest first
     */
    List<MemorySummary> summaries(UUID chatId, int before, int most);

    /**
     * @return what a summary that is begun now is made from
     */
    MemorySummary.Basis summaryBasis(UUID chatId);

    /**
     * Keeps a summary, unless its basis has changed. Those that take in a turn of which something
     * is erased, or a reply that runs again, are removed then.
     *
     * @return the summary as it is kept; empty if it is not
     */
    Optional<MemorySummary> keepSummary(
            UUID chatId, MemorySummary summary, MemorySummary.Basis basis);

    /**
     * What was used on some days, that of deleted chats counted.
     *
     * @return at most {@code most}, by day, owner and model
     */
    List<DailyUsage> usage(UsageQuery query, int most);

    /**
     * Has somebody hear of what others do to the log; one at most. By default there are no others.
     */
    default void observe(Observer observer) {}

    /**
     * Lets go of the replies that this process runs, so that another process, or this one when it
     * is started again, runs them again. Comes last.
     *
     * @return false if the log does not outlive this process, so that they have to end now
     */
    default boolean handOver() {
        return false;
    }

    /**
     * @return the other process that runs this reply, if this one can ask it for what it writes;
     *     empty if it is not known, or if nobody runs it
     */
    default Optional<Writer> writer(Message reply) {
        return Optional.empty();
    }

    /**
     * @param other a process that may share the log; does not wait for anything
     * @return what that one has to prove itself with; empty if nobody may ask this process
     */
    default Optional<Pair> pairWith(UUID other) {
        return Optional.empty();
    }

    /**
     * Hears of what happens to the log by others' doing: other processes that share it, or nobody
     * where one of them has died. It may be told too much and more than once.
     */
    interface Observer {

        /** Replies of these chats may have grown or ended. */
        void changed(Predicate<UUID> chats);

        /** Somebody has to {@link ChatRepository#start} the chat's next turn. */
        void startable(UUID chatId);

        /**
         * A reply that this process runs has to stop: somebody wants it cancelled, or it is not
         * this process' any more.
         */
        void toStop(UUID chatId, UUID replyId, int attempt);
    }

    /**
     * Whose usage, and when.
     *
     * @param owner absent for everybody's
     * @param from the first day, by UTC
     * @param to the last day
     */
    record UsageQuery(@Nullable Owner owner, LocalDate from, LocalDate to) {}

    /**
     * Which chats to return.
     *
     * @param owner only this one's
     * @param before only chats created before this one, which need not exist any more
     * @param text only chats whose title or messages contain it, whatever the case
     */
    record ChatQuery(Owner owner, int limit, @Nullable UUID before, @Nullable String text) {
        @Override
        public String toString() {
            return "ChatQuery[limit=%d, before=%s]".formatted(limit, before);
        }
    }

    /**
     * Which chat completions to return.
     *
     * @param after only chats that come after this one in that order, which need not exist any more
     * @param model only of this model
     * @param metadata only of chats with all these entries
     */
    record CompletionQuery(
            Owner owner,
            int limit,
            Order order,
            @Nullable UUID after,
            @Nullable String model,
            Map<String, String> metadata) {

        /**
         * @param settings the chat's
         */
        public boolean matches(Settings settings) {
            return settings.metadata().entrySet().containsAll(metadata.entrySet());
        }

        /** A completion is there once it is whole. */
        public boolean matches(Message reply) {
            return reply.isWhole() && (model == null || model.equals(reply.model()));
        }

        @Override
        public String toString() {
            return "CompletionQuery[limit=%d, order=%s, after=%s]".formatted(limit, order, after);
        }
    }

    /**
     * Which messages to return.
     *
     * @param after only messages that come after this seq in the query's order; absent from the
     *     list's start
     * @param text only messages that are over and whose text contains it, whatever the case
     */
    record MessageQuery(int limit, Order order, @Nullable Integer after, @Nullable String text) {
        public MessageQuery(int limit, Order order, @Nullable Integer after) {
            this(limit, order, after, null);
        }

        @Override
        public String toString() {
            return "MessageQuery[limit=%d, order=%s, after=%s]".formatted(limit, order, after);
        }
    }

    /** The direction of a list of messages. */
    enum Order {
        ASC,
        DESC
    }
}
