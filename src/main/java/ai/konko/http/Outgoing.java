package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.FairBound;
import ai.konko.chat.Message;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Sized;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/**
 * Bounds how much text there is in answers that clients have not read yet, in all and for each
 * owner. A client that reads nothing of its answer for a time is disconnected.
 */
@Singleton
public class Outgoing {
    private static final Duration RETRY = Duration.ofSeconds(1);

    /**
     * In UTF-16 units. A text up to this length is written to its connection at once, and then is
     * in the connection's buffers as a whole. So only longer answers are counted.
     */
    static final int LONG = 32_768;

    private static final long LOOK_MILLIS = 1000;

    /**
     * A character takes up to two bytes, and owners who share the limit may have twice of it in
     * all.
     */
    private static final int HEAP_BYTES_PER_CHARACTER = 32;

    private final FairBound text;
    private final HttpLimits limits;

    Outgoing(HttpLimits limits) {
        this.limits = limits;
        this.text =
                new FairBound(
                        limits.unreadCharacters()
                                .orElseGet(
                                        () ->
                                                Runtime.getRuntime().maxMemory()
                                                        / HEAP_BYTES_PER_CHARACTER));
    }

    /**
     * Counts an answer's text until the answer is sent, or its client is gone.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if the caller has as much in answers as
     *     it may
     */
    public void admit(RoutingContext request, long characters) {
        if (characters <= LONG) {
            return;
        }
        Owner owner = Caller.of(request);
        if (!text.take(owner, characters)) {
            throw tooMuch();
        }
        new Answer(request, owner, characters).begin();
    }

    /** The same for a page. */
    public void admit(RoutingContext request, Page<? extends Sized> page) {
        admit(request, Sized.characters(page.items()));
    }

    private static RefusedException tooMuch() {
        return RefusedException.forNow(
                ErrorCode.OVERLOADED,
                "The caller has as much text in answers that it has not read as it may.",
                RETRY);
    }

    /**
     * Counts a text that this request has brought about. It is sent even if there is too much
     * already, because a refusal would be the only answer to a turn that was accepted.
     *
     * @param repeated whether the request repeats an earlier one, and so has brought nothing about
     * @throws RefusedException see {@link #admit(RoutingContext, long)}; if it is a repetition
     */
    public void admit(RoutingContext request, boolean repeated, long characters) {
        if (repeated) {
            admit(request, characters);
        } else if (characters > LONG) {
            Owner owner = Caller.of(request);
            text.takeAnyway(owner, characters);
            new Answer(request, owner, characters).begin();
        }
    }

    /**
     * Answers with a reply once it is over.
     *
     * @param repeated see {@link #admit(RoutingContext, boolean, long)}
     * @param known the reply's length if it is over already, else 0
     * @param end completes with the reply's end; is asked for only if the answer is admitted
     * @param answer makes it, in the request's context
     * @throws RefusedException see {@link #admit(RoutingContext, long)}
     */
    public <T> CompletionStage<T> whole(
            RoutingContext request,
            boolean repeated,
            long known,
            Supplier<CompletableFuture<Message>> end,
            Function<Message, T> answer) {
        admit(request, repeated, known);
        return end.get()
                .thenApplyAsync(
                        ended -> {
                            if (known == 0) {
                                admit(request, false, ended.characters());
                            }
                            return answer.apply(ended);
                        },
                        ThisRequest.executor());
    }

    /**
     * Counts an answer that is made part by part, of which one is in memory at a time.
     *
     * @param first how many characters the first part has
     * @return is given how many characters the next part has, once the one before is written; says
     *     whether there is room. If there is none, the client is disconnected
     */
    public LongPredicate admitParts(RoutingContext request, long first) {
        Owner owner = Caller.of(request);
        if (!text.take(owner, first)) {
            throw tooMuch();
        }
        Answer answer = new Answer(request, owner, first);
        answer.begin();
        return answer::becomes;
    }

    /**
     * @return how many characters are counted now; a test checks that none are left
     */
    long held() {
        return text.held();
    }

    /** An answer that its client has not taken yet. */
    private final class Answer {
        private final RoutingContext request;
        private final Owner owner;

        /**
         * Guarded by this object's monitor, as {@code over} is, because the owner's count changes
         * with them.
         */
        private long characters;

        private boolean over;
        private volatile long timer;
        private long taken;
        private long since = System.nanoTime();

        Answer(RoutingContext request, Owner owner, long characters) {
            this.request = request;
            this.owner = owner;
            this.characters = characters;
        }

        void begin() {
            request.addEndHandler(_ -> Unsent.afterWrites(request.request(), this::endIfSent));
            look();
        }

        private void endIfSent() {
            if (Unsent.isNone(request.request())) {
                end();
            }
        }

        /**
         * The end handler of an answer may run before the answer is sent, so this looks again until
         * it is.
         */
        private void look() {
            endIfSent();
            if (isOver()) {
                return;
            }
            long now = System.nanoTime();
            long sent = request.response().bytesWritten() - Unsent.bytes(request.request());
            if (sent != taken) {
                taken = sent;
                since = now;
            }
            if (now - since > Unsent.patience(request.request(), limits.unread())) {
                Unsent.drop(request.request());
                end();
            } else {
                timer =
                        request.vertx()
                                .setTimer(
                                        LOOK_MILLIS,
                                        _ -> Unsent.afterWrites(request.request(), this::look));
            }
        }

        private synchronized boolean isOver() {
            return over;
        }

        private boolean becomes(long next) {
            if (exchange(next)) {
                return true;
            }
            Unsent.drop(request.request());
            return false;
        }

        /** Gives back first, because an owner who holds nothing has room for any one answer. */
        private synchronized boolean exchange(long next) {
            if (over) {
                return false;
            }
            text.giveBack(owner, characters);
            characters = 0;
            if (!text.take(owner, next)) {
                return false;
            }
            characters = next;
            return true;
        }

        private void end() {
            request.vertx().cancelTimer(timer);
            synchronized (this) {
                if (!over) {
                    over = true;
                    text.giveBack(owner, characters);
                }
            }
        }
    }
}
