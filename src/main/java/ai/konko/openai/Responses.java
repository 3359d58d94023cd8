package ai.konko.openai;

import ai.konko.assistant.ModelEndpoint;
import ai.konko.assistant.Prompt;
import ai.konko.assistant.PromptTokens;
import ai.konko.assistant.Prompts;
import ai.konko.assistant.ProviderParameters;
import ai.konko.chat.Attached;
import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Items;
import ai.konko.chat.Memory;
import ai.konko.chat.Message;
import ai.konko.chat.NewChat;
import ai.konko.chat.NewChat.Copied;
import ai.konko.chat.Options;
import ai.konko.chat.Origin;
import ai.konko.chat.PastTurn;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RepeatableRequest;
import ai.konko.chat.RepeatableRequest.Made;
import ai.konko.chat.Settings;
import ai.konko.chat.SettingsPatch;
import ai.konko.chat.WhenBusy;
import ai.konko.conversation.LiveReply;
import ai.konko.conversation.PostedTurn;
import ai.konko.conversation.StatelessTurns;
import ai.konko.conversation.TurnEngine;
import ai.konko.openai.ResponseView.HowAsked;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Requests for responses as turns of chats. */
@ApplicationScoped
class Responses {
    private static final Logger LOG = Logger.getLogger(Responses.class);

    private final ChatRepository repository;
    private final TurnEngine turns;
    private final StatelessTurns stateless;
    private final Prompts prompts;
    private final ModelEndpoint endpoint;
    private final RepeatedRequests repeats;
    private final PastTurns past;
    private final ContinuedCalls calls;
    private final UnkeptBytes unkept;
    private final PromptTokens tokens;

    Responses(
            ChatRepository repository,
            TurnEngine turns,
            StatelessTurns stateless,
            Prompts prompts,
            ModelEndpoint endpoint,
            RepeatedRequests repeats,
            PastTurns past,
            ContinuedCalls calls,
            UnkeptBytes unkept,
            PromptTokens tokens) {
        this.tokens = tokens;
        this.unkept = unkept;
        this.past = past;
        this.calls = calls;
        this.repository = repository;
        this.turns = turns;
        this.stateless = stateless;
        this.prompts = prompts;
        this.endpoint = endpoint;
        this.repeats = repeats;
    }

    /**
     * What a response continues.
     *
     * @param chatId its chat; null for a new one
     * @param previous the reply it goes on from; null for the chat's end
     * @param end that end as it was when it was first gone on from, because others may post to the
     *     chat since; null for what it is
     */
    record Continued(@Nullable UUID chatId, @Nullable Message previous, @Nullable End end) {
        /** The last seq of the chat that belongs to it. */
        int last() {
            if (previous != null) {
                return previous.seq();
            }
            return end == null ? Integer.MAX_VALUE - 1 : end.seq();
        }
    }

    /**
     * The end of a chat at one time.
     *
     * @param seq the last before all that was not over
     * @param reply the chat's last; null if there was none
     */
    record End(int seq, @Nullable Message reply) {}

    /**
     * The rest of a post.
     *
     * @param request that posts it; null if that can't be repeated
     * @param memory what its chat does from now on with what the model sees no more; null for no
     *     change
     */
    record PostTerms(
            WhenBusy whenBusy, @Nullable RepeatableRequest request, @Nullable Memory memory) {}

    /**
     * The reply to a request: to its own post, or to that of an earlier request that it repeats.
     *
     * @param reply as it was when the request was answered
     * @param live follows it
     */
    record Answered(Message reply, LiveReply live, boolean repeated) {
        static Answered of(PostedTurn posted) {
            return new Answered(posted.turn().reply(), posted.reply(), posted.repeated());
        }
    }

    /** A reply that is not kept. */
    record Unkept(StatelessTurns.Asked asked, HowAsked how) {}

    /**
     * @param chatId the chat that is gone on with; null for a new one
     * @param post what the request asks for, unless it was done before
     */
    Answered once(
            @Nullable RepeatableRequest request, @Nullable UUID chatId, Supplier<PostedTurn> post) {
        AtomicReference<@Nullable PostedTurn> fresh = new AtomicReference<>();
        Made made =
                repeats.once(
                        request,
                        chatId,
                        () -> {
                            PostedTurn posted = post.get();
                            fresh.set(posted);
                            Message reply = posted.turn().reply();
                            return new Made(reply.chatId(), reply.seq());
                        });
        PostedTurn posted = fresh.get();
        if (posted != null) {
            return Answered.of(posted);
        }
        Message reply = past.replyAt(made.chatId(), made.seq());
        return new Answered(reply, turns.follow(reply), true);
    }

    /**
     * Posts the turn. If the reply to go on from is not its chat's last any more, the turn is
     * posted to a copy of the chat up to that reply.
     *
     * @return the new turn
     */
    PostedTurn post(Origin origin, Continued continued, TurnRequest wanted, PostTerms terms) {
        if (continued.chatId() == null) {
            // The chat goes on with this model, also if it is continued in another way.
            Settings settings =
                    new Settings(
                            null,
                            wanted.instructions(),
                            wanted.options().model(),
                            Map.of(),
                            Map.of(),
                            terms.memory() == null ? Memory.NONE : terms.memory());
            return open(
                    origin,
                    new NewChat(origin.owner(), settings, null, terms.request()),
                    wanted,
                    terms.whenBusy());
        }
        Integer after = null;
        if (continued.previous() != null) {
            Message _ = calls.check(continued, wanted);
            after = continued.previous().seq();
        }
        try {
            PostedTurn posted =
                    turns.post(
                            origin,
                            continued.chatId(),
                            post(wanted, wanted.options(), wanted.earlier(), terms, after));
            remember(continued.chatId(), terms.memory());
            return posted;
        } catch (RefusedException refused) {
            if (refused.code() != ErrorCode.NOT_LAST || continued.previous() == null) {
                throw calls.inTheirWords(refused, continued.chatId(), wanted);
            }
        }
        return copy(origin, continued.previous(), wanted, terms);
    }

    /** The turn is accepted, whatever comes of this; the next request says the same again. */
    private void remember(UUID chatId, @Nullable Memory memory) {
        if (memory == null) {
            return;
        }
        try {
            Memory known = repository.chat(chatId).settings().memory();
            Memory.Patch patch = Memory.Patch.to(memory);
            if (!patch.applyTo(known).equals(known)) {
                Chat _ = repository.patch(chatId, SettingsPatch.of(patch));
            }
        } catch (RefusedException refused) {
            LOG.warnf("Chat %s has its memory as before: %s", chatId, refused.code().wire());
        }
    }

    /** Posts the turn to a new chat. */
    PostedTurn open(Origin origin, NewChat chat, TurnRequest wanted, WhenBusy whenBusy) {
        CallRules.answered(wanted.parameter(), Set.of(), wanted.first());
        return open(origin, chat, wanted, wanted.earlier(), whenBusy);
    }

    private PostedTurn open(
            Origin origin,
            NewChat chat,
            TurnRequest wanted,
            List<PastTurn> earlier,
            WhenBusy whenBusy) {
        PostTerms terms = new PostTerms(whenBusy, chat.request(), null);
        return turns.open(
                origin, chat, post(wanted, wanted.options().ofNewChat(), earlier, terms, null));
    }

    /** Posts the turn to a copy of a chat up to this reply. */
    private PostedTurn copy(Origin origin, Message previous, TurnRequest wanted, PostTerms terms) {
        Settings settings = repository.chat(previous.chatId()).settings();
        if (terms.memory() != null) {
            settings = SettingsPatch.of(Memory.Patch.to(terms.memory())).applyTo(settings);
        }
        List<PastTurn> earlier = new ArrayList<>(past.upTo(previous));
        Set<String> attached = attached(earlier);
        earlier.addAll(wanted.earlier());
        Copied copied = new Copied(previous.chatId(), attached);
        NewChat chat = new NewChat(origin.owner(), settings, null, terms.request(), copied);
        return open(origin, chat, wanted, earlier, terms.whenBusy());
    }

    private static Set<String> attached(List<PastTurn> turns) {
        return turns.stream()
                .flatMap(each -> Items.attached(each.items()).stream())
                .map(Attached::id)
                .collect(Collectors.toSet());
    }

    private static Post post(
            TurnRequest wanted,
            Options options,
            List<PastTurn> earlier,
            PostTerms terms,
            @Nullable Integer after) {
        Post post =
                new Post(
                                wanted.message().message(),
                                wanted.message().items(),
                                terms.whenBusy(),
                                null,
                                wanted.streamed(),
                                options,
                                earlier,
                                after)
                        .with(wanted.message().attachments())
                        .of(terms.request());
        return options.opening() ? post : post.requiringOutputs();
    }

    End end(UUID chatId) {
        return past.end(chatId);
    }

    /** Asks for a response that is not kept. The log is read, and nothing is added to it. */
    Unkept ask(Origin origin, Continued continued, TurnRequest wanted) {
        if (continued.previous() != null && !continued.previous().status().terminal()) {
            throw RefusedException.chatBusy();
        }
        Prompt prompt = prompt(continued, wanted);
        long bytes = wanted.attachedBytes();
        unkept.take(origin.owner(), bytes);
        try {
            StatelessTurns.Asked begun = stateless.ask(origin, prompt, wanted.options());
            Unkept asked =
                    new Unkept(
                            begun,
                            new HowAsked(modelOf(begun.reply()), prompt.parameters(), false));
            CompletableFuture<Message> _ =
                    asked.asked()
                            .live()
                            .end()
                            .whenComplete((_, _) -> unkept.giveBack(origin.owner(), bytes));
            return asked;
        } catch (RuntimeException | Error failed) {
            unkept.giveBack(origin.owner(), bytes);
            throw failed;
        }
    }

    /**
     * A response that is over before the model is asked.
     *
     * @param continued what the next one goes on from
     */
    Unkept nothing(Continued continued, Options options) {
        Settings settings =
                continued.chatId() == null
                        ? Settings.NONE
                        : repository.chat(continued.chatId()).settings();
        HowAsked how =
                new HowAsked(
                        settings.modelToAsk(options.model(), endpoint.defaultModel()),
                        ProviderParameters.of(settings.parameters(), options.parameters()),
                        false);
        return new Unkept(stateless.nothing(how.model(), options), how);
    }

    /** What the model would be sent for a request that is not kept. */
    private Prompt prompt(Continued continued, TurnRequest wanted) {
        Message answered = calls.check(continued, wanted);
        List<PastTurn> earlier = new ArrayList<>();
        int seq = continued.last() + 1;
        if (answered != null) {
            earlier.add(past.turnOf(answered).reopened());
            seq = answered.seq() - 1;
        }
        earlier.addAll(wanted.earlier());
        return prompts.goingOn(
                continued.chatId(),
                seq,
                earlier,
                wanted.message(),
                wanted.options(),
                wanted.streamed());
    }

    /** How many tokens the model would be sent, by estimate. */
    int tokens(Continued continued, TurnRequest wanted) {
        return tokens.of(prompt(continued, wanted));
    }

    /**
     * @throws RefusedException if something would have to be left out, or more is said than fits
     */
    void requireWhole(Continued continued, TurnRequest wanted) {
        Memory chosen =
                continued.chatId() == null
                        ? Memory.NONE
                        : repository.chat(continued.chatId()).settings().memory();
        if (!tokens.isWhole(prompt(continued, wanted), continued.chatId(), chosen)) {
            throw RefusedException.contextLengthExceeded(wanted.parameter());
        }
    }

    /**
     * @return the model that is or will be asked for the reply
     */
    String modelOf(Message reply) {
        if (reply.model() != null) {
            return reply.model();
        }
        String named = reply.namedModel();
        return named == null
                ? repository.chat(reply.chatId()).settings().modelToAsk(endpoint.defaultModel())
                : named;
    }

    /**
     * How the reply is or will be asked for. Its chat may have parameters too, unless it was made
     * for the reply and is no copy.
     */
    HowAsked howAsked(Message reply) {
        Options options = reply.options() == null ? Options.NONE : reply.options();
        boolean alone = options.opening() && reply.seq() == 2 * (options.earlier() + 1);
        Settings settings = alone ? Settings.NONE : repository.chat(reply.chatId()).settings();
        return new HowAsked(
                settings.modelToAsk(
                        reply.model() == null ? reply.namedModel() : reply.model(),
                        endpoint.defaultModel()),
                ProviderParameters.of(settings.parameters(), options.parameters()),
                true);
    }

    /** Removes the response with its chat, if the chat was made for it and has no other. */
    void delete(Message reply) {
        Chat chat = repository.chat(reply.chatId());
        Options options = reply.options();
        if (options == null || !options.opening() || chat.messageCount() != reply.seq()) {
            throw RefusedException.unsupported(
                    "response_id",
                    "is not the only one of its conversation; delete items of it, or all of "
                            + Ids.conversation(reply.chatId()));
        }
        turns.delete(reply.chatId());
    }
}
