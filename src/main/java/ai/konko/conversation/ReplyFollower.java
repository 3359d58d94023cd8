package ai.konko.conversation;

import ai.konko.assistant.TextAllowance;
import ai.konko.assistant.TextInFlight;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Fault;
import ai.konko.chat.Message;
import ai.konko.chat.Origin;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Written;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;

/**
 * Follows replies in the log, whoever runs them: what another process writes of a reply is brought
 * to those who listen to it here. The log has a reply's end, and its text a flush later; in between
 * {@link Relays} bring the text.
 */
@Singleton
class ReplyFollower {
    private static final Logger LOG = Logger.getLogger(ReplyFollower.class);

    private final ChatRepository repository;
    private final LiveReplies live;
    private final Relays relays;
    private final TextInFlight inFlight;
    private final Clock clock;

    ReplyFollower(
            ChatRepository repository,
            LiveReplies live,
            Relays relays,
            TextInFlight inFlight,
            Clock clock) {
        this.repository = repository;
        this.live = live;
        this.relays = relays;
        this.inFlight = inFlight;
        this.clock = clock;
    }

    /**
     * @return the last attempt of that reply
     */
    LiveReply follow(Message reply) {
        return reply.status().terminal()
                ? live.over(reply)
                : followAttempt(reply)
                        .orElseGet(() -> follow(repository.message(reply.chatId(), reply.id())));
    }

    /**
     * Whoever asks first makes the entry; only then is the log asked, so that an end in between is
     * not missed.
     *
     * @return empty if this attempt is over and there is a new one
     */
    Optional<LiveReply> followAttempt(Message reply) {
        LiveReply entry = live.at(reply);
        return refresh(entry) ? Optional.of(entry) : Optional.empty();
    }

    /**
     * Brings what is known of a reply to where the log is. What another process runs ends so; if
     * the log can't be reached, it is left as it is.
     *
     * @return whether the entry's attempt is still the reply's last
     */
    boolean refresh(LiveReply entry) {
        Message reply = entry.reply();
        try {
            Message now = repository.message(reply.chatId(), reply.id());
            if (now.attempt() != reply.attempt()) {
                live.remove(reply);
                if (!entry.isRun()) {
                    CompletableFuture<Void> _ = follow(now).end().thenAccept(entry::ended);
                }
                return false;
            }
            if (now.status().terminal()) {
                live.remove(now);
                entry.ended(now);
            } else {
                if (entry.isUncounted()) {
                    entry.countBy(allowance(entry));
                }
                entry.show(new Written(now.content(), now.items()));
                relays.keep(entry, this::refresh);
            }
        } catch (RefusedException refused) {
            if (isGone(refused)
                    && entry.endedUnlessRun(cancelledWithItsChat(reply, Written.NOTHING))) {
                live.remove(reply);
            }
        } catch (RuntimeException failed) {
            LOG.warnf(Fault.of(failed), "Reply %s can't be read at the moment", reply.id());
        }
        return true;
    }

    /**
     * @return the room for the text of that reply
     */
    TextAllowance allowance(LiveReply entry) {
        Origin origin = entry.origin();
        return inFlight.open(origin == null ? ownerOf(entry.reply()) : origin.owner());
    }

    /** Of a turn that nobody posted here, such as one that is run again after a restart. */
    private Owner ownerOf(Message reply) {
        try {
            return repository.owner(reply.chatId());
        } catch (RuntimeException _) { // the turn runs all the same, or its chat is gone
            return Owner.ANONYMOUS;
        }
    }

    /** Whether the chat was deleted, and the reply with it. */
    static boolean isGone(RefusedException refused) {
        return refused.code() == ErrorCode.CHAT_NOT_FOUND
                || refused.code() == ErrorCode.MESSAGE_NOT_FOUND;
    }

    /**
     * @return how a reply ends whose chat was deleted
     */
    Message cancelledWithItsChat(Message reply, Written what) {
        return reply.ended(Outcome.cancelled(what), clock.instant().truncatedTo(ChronoUnit.MILLIS));
    }
}
