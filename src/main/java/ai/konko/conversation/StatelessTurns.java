package ai.konko.conversation;

import ai.konko.assistant.Ending;
import ai.konko.assistant.PassThrough;
import ai.konko.assistant.PassedAnswer;
import ai.konko.assistant.PassedRequest;
import ai.konko.assistant.Prompt;
import ai.konko.assistant.ReplyWriter;
import ai.konko.assistant.TextAllowance;
import ai.konko.assistant.TextInFlight;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.Draft;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Message;
import ai.konko.chat.Options;
import ai.konko.chat.Origin;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Role;
import ai.konko.chat.Status;
import ai.konko.chat.StoreOutage;
import ai.konko.chat.Usage;
import io.opentelemetry.api.trace.Span;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Replies that no chat has: they are in this process while they are written, and nowhere after. So
 * are answers that are passed on. The limits on what is in flight hold for them too.
 */
@Singleton
public class StatelessTurns {
    private static final Logger LOG = Logger.getLogger(StatelessTurns.class);

    private final ChatRepository repository;
    private final ReplyWriter writer;
    private final PassThrough provider;
    private final TextInFlight inFlight;
    private final LiveReplies live;
    private final Places places;
    private final TurnMetrics metrics;
    private final TurnSpans spans;
    private final TurnEvents events;
    private final Clock clock;
    private final Supplier<UUID> ids;
    private final Workers workers;

    StatelessTurns(
            ChatRepository repository,
            ReplyWriter writer,
            PassThrough provider,
            TextInFlight inFlight,
            LiveReplies live,
            Places places,
            TurnMetrics metrics,
            TurnSpans spans,
            TurnEvents events,
            Clock clock,
            Supplier<UUID> ids,
            Workers workers) {
        this.repository = repository;
        this.writer = writer;
        this.provider = provider;
        this.inFlight = inFlight;
        this.live = live;
        this.places = places;
        this.metrics = metrics;
        this.spans = spans;
        this.events = events;
        this.clock = clock;
        this.ids = ids;
        this.workers = workers;
    }

    /**
     * A reply that the model is asked for.
     *
     * @param reply as it starts, with ids as if it had a chat
     * @param live to follow it
     */
    public record Asked(Message reply, LiveReply live) {}

    /**
     * A request that is passed on to the provider.
     *
     * @param live its turn, which has no text
     * @param answer what the client gets of it
     */
    public record Passed(LiveReply live, PassedAnswer answer) {}

    /** What a run needs once it has its place. */
    private record Begun(Message reply, LiveReply live, Run run, TextAllowance allowance) {}

    /**
     * Asks the model.
     *
     * @param options what the reply is to carry beside its text
     * @throws RefusedException {@link ErrorCode#OVERLOADED} or {@link ErrorCode#RATE_LIMITED}, see
     *     {@link TurnEngine#post}
     */
    public Asked ask(Origin origin, Prompt prompt, Options options) {
        Begun begun = begin(origin, prompt.model(), TurnSpans.CHAT, options);
        run(
                begun,
                () ->
                        writer.write(
                                begun.reply(),
                                () -> prompt,
                                begun.live().run(),
                                begun.allowance(),
                                draft(prompt, begun.live()),
                                begun.run()::over));
        return new Asked(begun.reply(), begun.live());
    }

    /** A reply that is over at once, because no model is asked. */
    public Asked nothing(String model, Options options) {
        Instant now = now();
        Message reply =
                new Message(
                        ids.get(),
                        ids.get(),
                        2,
                        Role.ASSISTANT,
                        "",
                        List.of(),
                        Status.COMPLETED,
                        1,
                        now,
                        now,
                        model,
                        FinishReason.STOP,
                        Usage.NONE,
                        null,
                        options);
        return new Asked(reply, live.over(reply));
    }

    /**
     * Passes a request on to the provider. It takes a place and is counted as a turn is.
     *
     * @throws RefusedException see {@link #ask}
     */
    public Passed pass(Origin origin, PassedRequest request) {
        Begun begun =
                begin(origin, request.countedModel(), request.resource().operation(), Options.NONE);
        PassedAnswer answer = new PassedAnswer();
        Runnable first = metrics.firstEvent();
        run(
                begun,
                () ->
                        provider.pass(
                                request,
                                answer,
                                begun.live().run(),
                                begun.allowance(),
                                first,
                                begun.run()::over));
        return new Passed(begun.live(), answer);
    }

    private Begun begin(Origin origin, String model, String operation, Options options) {
        Places.Place place = places.take(origin.owner());
        Message reply = null;
        LiveReply entry;
        Run run;
        TextAllowance allowance;
        try {
            reply =
                    Message.queuedReply(ids.get(), ids.get(), 2, now())
                            .with(options)
                            .started(model);
            allowance = inFlight.open(origin.owner());
            Span span = spans.begin(reply, origin, operation);
            entry = live.admit(reply, place);
            run = new Run(reply, workers, new EndHere(origin, entry, span, allowance));
        } catch (RuntimeException | Error failed) {
            place.close();
            if (reply != null) {
                live.remove(reply);
            }
            throw failed;
        }
        entry.postedBy(origin);
        places.started();
        entry.isRunBy(run);
        return new Begun(reply, entry, run, allowance);
    }

    private static void run(Begun begun, Runnable ask) {
        try {
            ask.run();
            begun.run().modelAsked();
        } catch (RuntimeException | Error failed) {
            begun.run().failed(failed);
        }
    }

    /** Stops a reply, also at the model: nobody wants it any more. */
    public void stop(LiveReply reply) {
        reply.cancel(Outcome::cancelled);
    }

    private final class EndHere extends TurnEnd {
        private final Owner owner;
        private final LiveReply entry;
        private boolean used;

        private EndHere(Origin origin, LiveReply entry, Span span, TextAllowance allowance) {
            super(entry, span, allowance, events, places);
            this.owner = origin.owner();
            this.entry = entry;
        }

        @Override
        public void keep(Supplier<Ending> how) {
            Outcome outcome = how.get().of(entry.seal());
            used = outcome.countsAsUse();
            over(entry.reply().ended(outcome, now()), live);
        }

        @Override
        void next(@Nullable Message terminal) {
            if (terminal != null && used) {
                workers.execute(() -> count(owner, terminal));
            }
        }
    }

    private Draft draft(Prompt prompt, LiveReply entry) {
        return prompt.streamed() ? metrics.timed(entry.draft()) : entry.draft();
    }

    private void count(Owner owner, Message reply) {
        DailyUsage used =
                DailyUsage.ofTurn(
                        owner, Objects.requireNonNull(reply.model()), now(), reply.usage());
        try {
            boolean _ =
                    StoreOutage.outlast(
                            () -> {
                                repository.count(used);
                                return true;
                            },
                            places::draining);
        } catch (RuntimeException | Error failed) {
            LOG.warnf(Fault.of(failed), "What a completion has used is not counted");
        }
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
