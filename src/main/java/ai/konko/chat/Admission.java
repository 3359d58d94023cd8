package ai.konko.chat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The rule of what a post is to a chat: the repeat of an earlier one, refused, or the chat's next
 * turn, and then this says what it interrupts. A store looks for the post's idempotency key first,
 * then asks {@link #requireLast}, then {@link #of}.
 *
 * @param cancelled the replies that wait in line and end now, oldest first
 * @param toCancel the running reply that whoever runs it has to end
 */
public record Admission<R extends Unfinished>(List<R> cancelled, @Nullable R toCancel) {
    private static final Admission<Unfinished> WITHOUT_INTERRUPTION =
            new Admission<>(List.of(), null);

    /**
     * @param post has an idempotency key that the chat knows
     * @param turn the one that the key stands for
     * @param whenBusy what that turn's post wanted
     * @throws RefusedException {@link ErrorCode#IDEMPOTENCY_KEY_REUSED} if it was another post
     */
    public static Accepted repeat(Post post, Turn turn, WhenBusy whenBusy) {
        if (whenBusy != post.whenBusy() || !isOf(post, turn)) {
            throw RefusedException.keyReused();
        }
        return new Accepted(turn, true, List.of(), null);
    }

    /** Once something of the turn is erased, the key alone tells, because no turn is made twice. */
    private static boolean isOf(Post post, Turn turn) {
        return Items.erased(turn.message().items()) + Items.erased(turn.reply().items()) > 0
                || (turn.message().content().equals(post.content())
                        && turn.message().items().equals(post.items())
                        && options(turn.reply().options()).equals(options(post.options())));
    }

    private static Options options(@Nullable Options given) {
        return given == null ? Options.NONE : given;
    }

    /**
     * @param messages how many the chat has
     * @throws RefusedException {@link ErrorCode#NOT_LAST} if the post has to come right after
     *     another message than the last
     */
    public static void requireLast(Post post, int messages) {
        if (post.after() != null && post.after() != messages) {
            throw RefusedException.notLast();
        }
    }

    /**
     * @param messages how many the chat has
     * @param line the chat's replies that are not over, oldest first
     * @throws RefusedException {@link ErrorCode#CHAT_BUSY}, {@link ErrorCode#QUEUE_FULL} or {@link
     *     ErrorCode#CAPACITY}
     */
    public static <R extends Unfinished> Admission<R> of(
            Post post, int messages, Collection<R> line, ChatLimits limits) {
        switch (post.whenBusy()) {
            case REJECT -> requireIdle(line);
            case ENQUEUE -> requireRoomInLine(line, limits);
            case INTERRUPT -> {
                // What is in line ends, so there is room.
            }
        }
        requireRoom(post.earlier().size() + 1, messages, limits);
        return post.whenBusy() == WhenBusy.INTERRUPT && !line.isEmpty()
                ? interrupting(line)
                : withoutInterruption();
    }

    /**
     * What the post is to the calls of the reply before it: it gives their outputs, or goes on
     * without them. If it brings earlier turns, that is the last one of theirs. Comes before {@link
     * #of}.
     *
     * @param last the chat's last reply; null if there is none
     * @param earlier the post's earlier turns with their places
     * @param known the ids of all calls of the chat; asked for at most once
     * @return those of these replies whose calls change, as they are once the post is accepted
     * @throws RefusedException see {@link Items#answered}
     */
    public static List<Message> answered(
            Post post,
            @Nullable Message last,
            List<Turn> earlier,
            Supplier<Set<String>> known,
            Instant now) {
        if (post.outputsRequired() && !earlier.isEmpty()) {
            Message _ = answered(earlier.getFirst().message().items(), true, last, known, now);
        }
        List<Message> changed = new ArrayList<>(followed(last, earlier, now));
        Message before = earlier.isEmpty() ? last : earlier.getLast().reply();
        Message answered = answered(post.items(), post.outputsRequired(), before, known, now);
        if (answered != null) {
            changed.add(answered);
        }
        return List.copyOf(changed);
    }

    /**
     * What turns that are over are to the calls of the chat's last reply.
     *
     * @param last that reply; null if there is none
     * @param turns with their places
     * @return the same reply if its calls change, as they are once the turns are taken in
     */
    public static List<Message> followed(@Nullable Message last, List<Turn> turns, Instant now) {
        return last == null || !last.waits() || turns.isEmpty()
                ? List.of()
                : List.of(last.followedBy(turns.getFirst().message(), now));
    }

    private static @Nullable Message answered(
            List<Item> said,
            boolean required,
            @Nullable Message last,
            Supplier<Set<String>> known,
            Instant now) {
        if (said.isEmpty() && (last == null || !last.waits())) {
            return null;
        }
        Message over = last != null && last.status().terminal() ? last : null;
        List<Item> items = over == null ? List.of() : over.items();
        List<Item> after = Items.answered(items, said, required, known, now);
        return over == null || after.equals(items) ? null : over.with(after);
    }

    /**
     * Turns that are over are taken in only while no reply is under way.
     *
     * @param turns how many there are
     * @param messages how many the chat has
     * @param line the chat's replies that are not over
     * @throws RefusedException {@link ErrorCode#CHAT_BUSY} or {@link ErrorCode#CAPACITY}
     */
    public static void admitPast(int turns, int messages, Collection<?> line, ChatLimits limits) {
        requireIdle(line);
        requireRoom(turns, messages, limits);
    }

    /**
     * @param kept how many attachments the chat has
     * @param more how many a post brings that the chat does not have
     * @throws RefusedException {@link ErrorCode#CAPACITY}
     */
    public static void requireRoomForAttachments(int kept, int more, ChatLimits limits) {
        if (kept + more > limits.attachmentsPerChat()) {
            throw RefusedException.of(
                    ErrorCode.CAPACITY, "This chat has as many attachments as it may.");
        }
    }

    /**
     * @param line the chat's replies that are not over
     * @throws RefusedException {@link ErrorCode#CHAT_BUSY} if there is one
     */
    public static void requireIdle(Collection<?> line) {
        if (!line.isEmpty()) {
            throw RefusedException.chatBusy();
        }
    }

    /** One of the line may run; only those beside it wait. */
    private static void requireRoomInLine(Collection<?> line, ChatLimits limits) {
        if (line.size() > limits.waitingTurns()) {
            throw RefusedException.queueFull();
        }
    }

    private static void requireRoom(int turns, int messages, ChatLimits limits) {
        if (messages + 2 * turns > limits.messagesPerChat()) {
            throw RefusedException.chatFull();
        }
    }

    private static <R extends Unfinished> Admission<R> interrupting(Collection<R> line) {
        List<R> cancelled = new ArrayList<>();
        R toCancel = null;
        for (R each : line) {
            if (each.waits()) {
                cancelled.add(each);
            } else {
                toCancel = each;
            }
        }
        return new Admission<>(List.copyOf(cancelled), toCancel);
    }

    @SuppressWarnings("unchecked") // it has none of them
    private static <R extends Unfinished> Admission<R> withoutInterruption() {
        return (Admission<R>) WITHOUT_INTERRUPTION;
    }
}
