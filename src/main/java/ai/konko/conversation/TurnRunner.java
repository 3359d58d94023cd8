package ai.konko.conversation;

import ai.konko.assistant.Cancellation;
import ai.konko.assistant.Compactor;
import ai.konko.assistant.Ending;
import ai.konko.assistant.Prompt;
import ai.konko.assistant.Prompts;
import ai.konko.assistant.ReplyWriter;
import ai.konko.assistant.TextAllowance;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.Draft;
import ai.konko.chat.Fault;
import ai.konko.chat.Finished;
import ai.konko.chat.Memory;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.Outcome;
import ai.konko.chat.RefusedException;
import ai.konko.chat.StartOptions;
import ai.konko.chat.Started;
import ai.konko.chat.Written;
import io.opentelemetry.api.trace.Span;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Runs turns. The log hands out one of a chat at a time, in order. So each chat has at most one
 * turn running, and no turn is forgotten. No thread waits while the model writes. A turn ends in
 * the log before anybody is told, however long that takes, see {@link Run}.
 */
@Singleton
class TurnRunner {
    private static final Logger LOG = Logger.getLogger(TurnRunner.class);
    private static final String REQUEST = "requestId";

    /** A failed step is tried again after this pause. */
    static final Duration SOON = Duration.ofSeconds(1);

    private final ChatRepository repository;
    private final Prompts prompts;
    private final ReplyWriter writer;
    private final LiveReplies live;
    private final Places places;
    private final ReplyFollower follower;
    private final TurnMetrics metrics;
    private final TurnSpans spans;
    private final TurnEvents events;
    private final Workers workers;
    private final Compactor compactor;

    TurnRunner(
            ChatRepository repository,
            Prompts prompts,
            ReplyWriter writer,
            LiveReplies live,
            Places places,
            ReplyFollower follower,
            TurnMetrics metrics,
            TurnSpans spans,
            TurnEvents events,
            Workers workers,
            Compactor compactor) {
        this.repository = repository;
        this.prompts = prompts;
        this.writer = writer;
        this.live = live;
        this.places = places;
        this.follower = follower;
        this.metrics = metrics;
        this.spans = spans;
        this.events = events;
        this.workers = workers;
        this.compactor = compactor;
    }

    /**
     * Starts the chat's next turn, if there is one. What can't be started now is started later: a
     * log that can be out of reach tells its observer of the turn, and for one that can't a timer
     * is set.
     */
    void runNext(UUID chatId) {
        try {
            repository.start(chatId, prompts.startOptions()).ifPresent(this::begin);
        } catch (RuntimeException | Error failed) {
            if (!repository.blocks()) {
                workers.later(SOON, () -> runNext(chatId));
            }
            if (!(failed instanceof RefusedException)) {
                LOG.warnf(
                        Fault.of(failed), "The next turn of chat %s can't be started yet", chatId);
            }
        }
    }

    /**
     * @return what the log has to know to start a turn, to {@link #begin} it
     */
    StartOptions startOptions() {
        return prompts.startOptions();
    }

    /** The log says that it runs. So it has to run, or to end, whatever fails here. */
    void begin(Started started) {
        Message reply = started.turn().reply();
        LiveReply entry;
        TextAllowance allowance;
        EndInTheLog end;
        Run run;
        try {
            entry = live.at(reply);
            Origin origin = entry.origin();
            Span span = spans.begin(reply, origin);
            allowance = follower.allowance(entry);
            end = new EndInTheLog(started, entry, span, allowance);
            run = new Run(reply, workers, end);
        } catch (RuntimeException | Error failed) {
            workers.later(SOON, () -> begin(started));
            throw failed;
        }
        places.started();
        Cancellation cancellation = entry.run();
        entry.isRunBy(run);
        try {
            workers.execute(() -> write(started, entry, cancellation, allowance, run, end));
        } catch (RuntimeException | Error failed) {
            run.failed(failed);
        }
    }

    private void write(
            Started started,
            LiveReply entry,
            Cancellation cancellation,
            TextAllowance allowance,
            Run run,
            EndInTheLog end) {
        try {
            writer.write(
                    started.turn().reply(),
                    () -> end.noting(prompts.of(started, cancellation)),
                    cancellation,
                    allowance,
                    draft(started, entry),
                    run::over);
            run.modelAsked();
        } catch (RuntimeException | Error failed) {
            run.failed(failed);
        }
    }

    private static <T> T describedInLogs(Message reply, @Nullable Origin origin, Supplier<T> step) {
        Object request = MDC.get(REQUEST);
        MDC.put("chatId", reply.chatId().toString());
        MDC.put("turnId", reply.id().toString());
        if (origin != null && origin.requestId() != null) {
            MDC.put(REQUEST, origin.requestId());
        }
        try {
            return step.get();
        } finally { // the thread does other things next
            MDC.remove("chatId");
            MDC.remove("turnId");
            if (request == null) {
                MDC.remove(REQUEST);
            } else {
                MDC.put(REQUEST, request);
            }
        }
    }

    /** First in the log, then for those who wait. */
    private final class EndInTheLog extends TurnEnd {
        private final Message reply;
        private final Memory memory;
        private final LiveReply entry;
        private @Nullable Started following;
        private int tries;
        private final Span span;
        private volatile Prompt.Seen seen = Prompt.Seen.ALL;

        private EndInTheLog(Started started, LiveReply entry, Span span, TextAllowance allowance) {
            super(entry, span, allowance, events, places);
            this.reply = started.turn().reply();
            this.memory = started.settings().memory();
            this.entry = entry;
            this.span = span;
        }

        /** If the prompt's window is cut, the log keeps that with the end. */
        private Prompt noting(Prompt prompt) {
            seen = prompt.seen();
            if (seen.cutFrom() > 0) {
                metrics.windowCut();
            }
            if (seen.told() > 0) {
                TurnSpans.compacted(span);
            }
            return prompt;
        }

        private Outcome cut(Outcome outcome) {
            return outcome.cutting(seen.cutFrom(), memory);
        }

        @Override
        public void keep(Supplier<Ending> how) {
            // If the next turn can't be started, this one has to end all the same.
            StartOptions start = tries++ == 0 ? startOptions() : null;
            Finished finished =
                    describedInLogs(
                            reply,
                            entry.origin(),
                            () -> finish(reply, how.get(), entry.seal(), this::cut, start));
            if (finished.next() != null) {
                following = finished.next();
            }
            Message now = finished.reply();
            if (now.status().terminal() && now.attempt() == reply.attempt()) {
                over(now, live);
                if (seen.summaryDue()) {
                    compactor.changed(reply.chatId());
                }
            } else {
                entry.handOver();
                boolean _ = follower.refresh(entry);
            }
        }

        @Override
        void next(@Nullable Message terminal) {
            Started begun = following;
            following = null; // the entry may be listened to for long
            if (begun != null) {
                begin(begun);
            } else if (tries > 1) {
                runNext(reply.chatId());
            }
        }
    }

    /** Takes the reply as the model writes it: into the log first, then to the listeners. */
    private Draft draft(Started started, LiveReply entry) {
        if (!started.streamed()) {
            return entry.draft();
        }
        Message reply = started.turn().reply();
        Draft log = repository.draft(reply.chatId(), reply.id(), reply.attempt());
        Draft listeners = entry.draft();
        return metrics.timed(
                Draft.through(
                        addition -> {
                            addition.accept(log);
                            addition.accept(listeners);
                        }));
    }

    /**
     * @return the reply's end as the log has it, or as it would be in a chat that was deleted
     *     meanwhile
     * @throws RuntimeException whatever keeps the log from taking it now
     */
    private Finished finish(
            Message reply,
            Ending ending,
            Written what,
            UnaryOperator<Outcome> cut,
            @Nullable StartOptions start) {
        Outcome outcome = cut.apply(ending.of(what));
        try {
            return repository.finish(reply.chatId(), reply.id(), reply.attempt(), outcome, start);
        } catch (RefusedException refused) {
            if (ReplyFollower.isGone(refused)) {
                return new Finished(follower.cancelledWithItsChat(reply, what), null);
            }
            throw refused;
        }
    }
}
