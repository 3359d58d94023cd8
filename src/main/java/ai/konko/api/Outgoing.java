package ai.konko.api;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.FairBound;
import ai.konko.chat.Message;
import ai.konko.chat.Owner;
import ai.konko.chat.Page;
import ai.konko.chat.RefusedException;
import ai.konko.conversation.LiveReply;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * How much text there is in answers that their clients have not taken yet, against a limit, each
 * owner's share of it apart. A client that takes nothing of its answer for a time is closed.
 */
@ApplicationScoped
public class Outgoing {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private static final long LOOK_MILLIS = 1000;

    /** Shorter answers are in the connection's buffers as a whole. */
    private static final int SHORT = 32_768;

    /** A character takes up to two bytes, and there are twice as many where owners share. */
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

    /** The same for a page. */
    public Page<Message> admit(RoutingContext request, Page<Message> page) {
        long characters = 0;
        for (Message each : page.items()) {
            characters += each.content().length();
        }
        admit(request, characters);
        return page;
    }

    /**
     * Counts an answer's text until the answer is sent, or its client gone.
     *
     * @throws RefusedException {@link ErrorCode#OVERLOADED} if the caller has as much in answers as
     *     it may
     */
    public void admit(RoutingContext request, long characters) {
        if (characters <= SHORT) {
            return;
        }
        Owner owner = Caller.of(request);
        if (!text.take(owner, characters)) {
            throw RefusedException.forNow(
                    ErrorCode.OVERLOADED,
                    "The caller has as much text in answers that it has not read as it may.",
                    RETRY);
        }
        new Answer(request, owner, characters).begin();
    }

    /**
     * A reply's end as an answer. What has just come of the model is sent whatever there is
     * already, what is sent again only if there is room.
     *
     * @param answer makes it, in the request's context
     * @throws RefusedException see {@link #admit}
     */
    public CompletionStage<Response> whole(
            RoutingContext request, LiveReply reply, Function<Message, Response> answer) {
        int known = reply.endedLength();
        admit(request, known);
        return reply.end()
                .thenApplyAsync(
                        ended -> {
                            if (known == 0 && ended.content().length() > SHORT) {
                                count(request, ended.content().length());
                            }
                            return answer.apply(ended);
                        },
                        ThisRequest.executor());
    }

    private void count(RoutingContext request, int characters) {
        Owner owner = Caller.of(request);
        text.takeAnyway(owner, characters);
        new Answer(request, owner, characters).begin();
    }

    /**
     * @return how much there is, for the check that nothing is left
     */
    long held() {
        return text.held();
    }

    /** An answer that its client has not taken yet. */
    private final class Answer {
        private final RoutingContext request;
        private final Owner owner;
        private final long characters;
        private final AtomicBoolean over = new AtomicBoolean();
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

        /** An answer that was written as a whole is sent at some time after its end was told. */
        private void look() {
            endIfSent();
            if (over.get()) {
                return;
            }
            long now = System.nanoTime();
            long sent = request.response().bytesWritten() - Unsent.bytes(request.request());
            if (sent != taken) {
                taken = sent;
                since = now;
            }
            if (now - since > patience()) {
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

        /** In HTTP/2 it can't be seen here what of an answer a client has taken. */
        private long patience() {
            long unread = limits.unread().toNanos();
            return request.request().version() == HttpVersion.HTTP_2 ? 10 * unread : unread;
        }

        private void end() {
            if (over.compareAndSet(false, true)) {
                request.vertx().cancelTimer(timer);
                text.giveBack(owner, characters);
            }
        }
    }
}
