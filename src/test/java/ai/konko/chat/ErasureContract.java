package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.ChatRepository.ChatQuery;
import ai.konko.chat.Item.Erased;
import ai.konko.chat.Item.Image;
import ai.konko.chat.Item.Kind;
import ai.konko.chat.Item.Output;
import ai.konko.chat.Item.Reasoning;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ChatRepository} has to do when items are erased. */
abstract class ErasureContract extends ItemsContract {
    private static final int END = Integer.MAX_VALUE;
    private static final long ANY_LENGTH = Long.MAX_VALUE;
    private static final Failure BROKEN = Failure.of(ErrorCode.MODEL_FAILED, "It broke off.");
    private static final Outcome HI = Outcome.ended("hi", FinishReason.STOP, new Usage(3, 2));
    private static final Outcome CALLED =
            calls("so", List.of(new Reasoning(0, "hm"), call(2, "a"), call(2, "b")));

    @Test
    void erase_ofSomeItems_leavesTheOthersInTheirPlaces() {
        List<Item> images = List.of(new Image(0, "http://a"), new Image(2, "http://b"));
        Turn turn = repository.accept(chat(), post("h\u00e9llo", images, null)).turn();
        Message reply = finish(turn, HI);

        Message text = erase(turn.message(), 1);
        Message both = erase(text, 2);

        assertThat(text.content()).isEqualTo("llo");
        assertThat(Items.all(text))
                .containsExactly(
                        new Image(0, "http://a"),
                        new Erased(0, Kind.TEXT),
                        new Image(0, "http://b"),
                        new Item.Text(0, "llo"));
        assertThat(Items.all(both))
                .containsExactly(
                        new Image(0, "http://a"),
                        new Erased(0, Kind.TEXT),
                        new Erased(0, Kind.IMAGE),
                        new Item.Text(0, "llo"));
        assertThat(messages()).containsExactly(both, reply);
        assertThat(repository.recall(chat(), END, 5, ANY_LENGTH))
                .singleElement()
                .satisfies(
                        sent -> {
                            assertThat(sent.message()).isEqualTo("llo");
                            assertThat(sent.reply()).isEqualTo("hi");
                            assertThat(sent.messageItems()).isEqualTo(both.items());
                        });
    }

    @Test
    void erase_ofWhatIsNotThere_isNotFound() {
        Turn turn = repository.accept(chat(), post("hello")).turn();
        Message reply = finish(turn, HI);
        Message erased = erase(reply, 0);
        Chat before = repository.chat(chat());

        for (int place : new int[] {-1, 0, 1}) {
            assertRefused(ErrorCode.MESSAGE_NOT_FOUND, () -> erase(reply, place));
        }
        UUID message = turn.message().id();
        assertRefused(
                ErrorCode.MESSAGE_NOT_FOUND, () -> repository.erase(chat(), message, 2, Set.of(0)));
        assertRefused(
                ErrorCode.MESSAGE_NOT_FOUND,
                () -> repository.erase(chat(), UUID.randomUUID(), 1, Set.of(0)));
        assertRefused(
                ErrorCode.CHAT_NOT_FOUND,
                () -> repository.erase(UUID.randomUUID(), message, 1, Set.of(0)));

        assertThat(messages()).containsExactly(turn.message(), erased);
        assertThat(repository.chat(chat())).isEqualTo(before);
    }

    @Test
    void erase_whileATurnIsUnfinished_isRefused() {
        Message reply = replied(HI);
        Turn next = repository.accept(chat(), post("and")).turn();
        assertRefused(ErrorCode.CHAT_BUSY, () -> erase(reply, 0));
        assertRefused(ErrorCode.CHAT_BUSY, () -> erase(next.message(), 0));
        repository.start(chat(), "m");
        repository.draft(chat(), next.reply().id(), 1).text("text");
        assertRefused(ErrorCode.CHAT_BUSY, () -> erase(reply, 0));
        assertRefused(ErrorCode.CHAT_BUSY, () -> erase(next.reply(), 0));

        repository.finish(chat(), next.reply().id(), 1, HI);

        assertThat(erase(reply, 0).content()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void erase_ofACallOrItsOutput_takesBoth(boolean ofTheCall) {
        Message called = replied(CALLED);
        Turn turn = repository.accept(chat(), post("see", outputs("b", "a"), null)).turn();
        Message reply = finish(turn, HI);

        Message _ = ofTheCall ? erase(called, 2) : erase(turn.message(), 1);

        List<Message> log = messages();
        assertThat(log).hasSize(4).endsWith(reply);
        assertThat(Items.all(log.get(1)))
                .extracting(Item::kind)
                .containsExactly(Kind.REASONING, Kind.TEXT, Kind.CALL, Kind.CALL);
        assertThat(Items.calls(log.get(1).items()))
                .singleElement()
                .satisfies(call -> assertThat(call.output()).isEqualTo("output of b"));
        assertThat(log.get(1).items().get(1)).isEqualTo(new Erased(2, Kind.CALL));
        assertThat(log.get(2).items())
                .containsExactly(
                        new Output(0, "b", "output of b", false), new Erased(0, Kind.OUTPUT));
        assertThat(repository.callIds(chat())).containsExactly("b");
        assertThat(repository.recall(chat(), END, 5, ANY_LENGTH))
                .extracting(ContextTurn::replyItems)
                .containsExactly(log.get(1).items(), List.of());
    }

    @Test
    void erase_ofOpenCalls_letsTheChatWaitForTheOthersAlone() {
        Message called = replied(CALLED);

        Message left = erase(called, 2);

        assertThat(repository.chat(chat()).waiting()).isTrue();
        Post forBoth = post("", outputs("a", "b"), null);
        assertRefused(ErrorCode.INVALID, () -> repository.accept(chat(), forBoth));
        Message none = erase(left, 3);
        assertThat(none.waits()).isFalse();
        assertThat(none.finishReason()).isEqualTo(FinishReason.CALLS);
        assertThat(repository.chat(chat()).waiting()).isFalse();
        assertThat(repository.callIds(chat())).isEmpty();
        assertThat(repository.accept(chat(), post("on")).turn().reply().seq()).isEqualTo(4);
    }

    @Test
    void erase_ofOneOpenCall_takesTheOutputOfTheOther() {
        Message called = replied(CALLED);
        erase(called, 3);

        finish(repository.accept(chat(), post("", outputs("a"), null)).turn(), HI);

        assertThat(Items.calls(messages().get(1).items()))
                .extracting(Item.Call::status)
                .containsExactly(CallStatus.COMPLETED);
    }

    @Test
    void erase_ofAnAnswer_leavesTheMessageAsContextByItself() {
        Message first = replied(HI);
        Message reply = replied(CALLED);

        erase(reply, 1);
        erase(reply, 2);
        Message left = erase(reply, 3);

        assertThat(left.items()).hasSize(4).startsWith(new Reasoning(0, "hm"));
        assertThat(left.unanswered()).isTrue();
        assertThat(contextSeqs()).containsExactly(2, 4);
        assertThat(repository.messageCounts(chat()).answeredThrough()).isEqualTo(2);
        erase(messages().get(2), 0);
        assertThat(contextSeqs()).containsExactly(2);
        erase(first, 0);
        assertThat(contextSeqs()).containsExactly(2);
        assertThat(repository.messageCounts(chat()).answeredThrough()).isZero();
        erase(messages().getFirst(), 0);
        assertThat(contextSeqs()).isEmpty();
        assertThat(repository.chat(chat()).messageCount()).isEqualTo(4);
    }

    @Test
    void erase_ofAMessage_leavesItsReplyAsContext() {
        Message reply = replied(HI);

        Message message = erase(messages().getFirst(), 0);
        assertThat(message.items()).containsExactly(new Erased(0, Kind.TEXT));
        assertThat(contextSeqs()).containsExactly(2);
        erase(reply, 0);

        assertThat(contextSeqs()).isEmpty();
        assertThat(repository.chat(chat()).usage()).isEqualTo(new Usage(3, 2));
        assertThat(messages()).extracting(Message::content).containsExactly("", "");
    }

    @Test
    void erase_ofTheLastOutputOfATurnThatNobodyAnswered_leavesNothingOfIt() {
        Message called = replied(CALLED);
        repository.take(chat(), List.of(new PastTurn("", outputs("a", "b"), null, null)));
        assertThat(contextSeqs()).containsExactly(2, 4);

        erase(called, 2);
        erase(called, 3);

        assertThat(contextSeqs()).containsExactly(2);
        assertThat(messages().get(2).saysNothing()).isTrue();
    }

    @Test
    void erase_ofTextThatWasSearched_letsNobodyFindIt() {
        Message reply = replied(Outcome.ended("a secret word", FinishReason.STOP, null));
        ChatQuery query = new ChatQuery(Owner.ANONYMOUS, 9, null, "SECRET");
        assertThat(repository.chats(query).items()).hasSize(1);
        fillSearch();
        assertThat(repository.chats(query).items()).hasSize(1);

        erase(reply, 0);

        assertThat(repository.chats(query).items()).isEmpty();
        fillSearch();
        assertThat(repository.chats(query).items()).isEmpty();
    }

    /** If the store takes texts in for its search later on, it does so now. */
    protected void fillSearch() {}

    @Test
    void erase_dropsHighlightsAndThoseThatWereLookedForBefore() {
        Message reply = replied(Outcome.ended("cut", FinishReason.LENGTH, null));
        Highlights.Point quote = new Highlights.Point("cut", reply.id());
        Highlights old = new Highlights(List.of(quote), 5, Highlights.By.MODEL, 2);
        repository.keepHighlights(chat(), old);

        erase(messages().getFirst(), 0);
        repository.keepHighlights(chat(), old);

        Highlights kept = repository.highlights(chat()).orElseThrow();
        assertThat(kept.points()).isEmpty();
        Highlights next =
                new Highlights(List.of(quote), 5, Highlights.By.MODEL, 2, kept.erasures());
        repository.keepHighlights(chat(), next);
        assertThat(repository.highlights(chat())).contains(next);
    }

    @Test
    void retry_afterAnErasure_takesNoHighlightsFromBeforeIt() {
        replied(HI);
        Message reply = replied(Outcome.ended("cut", FinishReason.LENGTH, null));
        Highlights old = new Highlights(List.of(), 5, Highlights.By.MODEL, 2);
        erase(messages().getFirst(), 0);
        int erasures = repository.highlights(chat()).orElseThrow().erasures();
        repository.keepHighlights(
                chat(), new Highlights(List.of(), 5, Highlights.By.MODEL, 4, erasures));

        repository.retry(chat(), reply.id(), false);
        repository.keepHighlights(chat(), old);

        assertThat(repository.highlights(chat()).orElseThrow().through()).isZero();
    }

    @Test
    void retry_ofAnErasedReply_isAsOfAnyOther() {
        Message reply = replied(Outcome.brokenOff(Written.of("cut"), BROKEN));
        erase(reply, 0);
        assertThat(contextSeqs()).containsExactly(2);

        Message queued = repository.retry(chat(), reply.id(), false).reply();

        assertThat(queued.items()).isEmpty();
        assertThat(repository.message(chat(), queued.id())).isEqualTo(queued);
        repository.start(chat(), "m");
        repository.finish(chat(), reply.id(), 2, Outcome.brokenOff(Written.NOTHING, BROKEN));
        assertThat(contextSeqs()).as("a failed reply is none").isEmpty();
    }

    @Test
    void retry_ofAReplyToWhatIsErased_isRefused() {
        Message reply = replied(Outcome.brokenOff(Written.of("cut"), BROKEN));
        erase(messages().getFirst(), 0);

        assertRefused(ErrorCode.NOT_RETRYABLE, () -> repository.retry(chat(), reply.id(), false));

        assertThat(repository.message(chat(), reply.id())).isEqualTo(reply);
        assertThat(repository.chat(chat()).busy()).isFalse();
    }

    @Test
    void accept_withTheKeyOfATurnOfWhichSomethingIsErased_isTheSameTurn() {
        Post post = post("hello", List.of(), "key");
        Message reply = finish(repository.accept(chat(), post).turn(), HI);
        erase(reply, 0);
        erase(messages().getFirst(), 0);

        Accepted again = repository.accept(chat(), post);

        assertThat(again.repeated()).isTrue();
        assertThat(again.turn().reply().id()).isEqualTo(reply.id());
        assertThat(messages()).hasSize(2);
    }

    @Test
    void accept_withTheKeyOfAnErasedReplyThatWasRetried_isTheSameTurn() {
        Post post = post("hello", List.of(), "key");
        Message reply =
                finish(
                        repository.accept(chat(), post).turn(),
                        Outcome.brokenOff(Written.of("cut"), BROKEN));
        erase(reply, 0);
        Turn queued = repository.retry(chat(), reply.id(), false);

        Accepted again = repository.accept(chat(), post);

        assertThat(again.repeated()).isTrue();
        assertThat(again.turn().reply().id()).isEqualTo(queued.reply().id());
    }

    @Test
    void take_ofTurnsOfWhichSomethingIsErased_takesWhatIsLeft() {
        Message called = replied(CALLED);
        finish(repository.accept(chat(), post("see", outputs("a", "b"), null)).turn(), HI);
        erase(called, 2);
        erase(called, 3);
        erase(messages().getLast(), 0);
        List<Turn> turns = repository.context(chat(), END, 9, ANY_LENGTH);
        UUID fork = repository.create(Owner.ANONYMOUS, Settings.NONE).id();

        List<Turn> taken = repository.take(fork, turns.stream().map(PastTurn::of).toList());

        assertThat(taken).hasSize(2);
        assertThat(taken.getFirst().reply().items()).containsExactly(new Reasoning(0, "hm"));
        assertThat(taken.getFirst().reply().finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(taken.getLast().message().items()).isEmpty();
        assertThat(taken.getLast().reply().unanswered()).isTrue();
        assertThat(repository.context(fork, END, 9, ANY_LENGTH)).isEqualTo(taken);
    }

    @Test
    void erase_ofAttachments_dropsThoseThatNobodyNamesAnyMore() {
        Attachment shared = Attachment.of("image/png", null, new byte[] {1});
        Attachment own = Attachment.of("application/pdf", "a.pdf", new byte[] {2});
        Message both = showing(shared, own);
        Message one = showing(shared);
        Set<String> ids = Set.of(shared.as().id(), own.as().id());

        erase(both, 1);
        assertThat(repository.attachments(chat(), ids)).containsOnlyKeys(shared.as().id());
        erase(both, 0);
        assertThat(repository.attachments(chat(), ids)).containsOnlyKeys(shared.as().id());
        erase(one, 0);

        assertThat(repository.attachments(chat(), ids)).isEmpty();
        assertThat(contextSeqs()).containsExactly(2, 4);
    }

    private Message showing(Attachment... attachments) {
        List<Item> items = new ArrayList<>();
        for (Attachment each : attachments) {
            items.add(
                    each.as().name() == null
                            ? new Image(0, null, each.as())
                            : new Item.File(0, each.as()));
        }
        Post post = post("", items, null).with(List.of(attachments));
        Turn turn = repository.accept(chat(), post).turn();
        finish(turn, HI);
        return turn.message();
    }

    private Message erase(Message message, int place) {
        return repository.erase(chat(), message.id(), message.attempt(), Set.of(place));
    }

    private List<Integer> contextSeqs() {
        List<Integer> sent =
                repository.recall(chat(), END, 9, ANY_LENGTH).stream()
                        .map(ContextTurn::replySeq)
                        .toList();
        assertThat(repository.context(chat(), END, 9, ANY_LENGTH))
                .extracting(turn -> turn.reply().seq())
                .isEqualTo(sent);
        return sent;
    }

    private static void assertRefused(ErrorCode code, ThrowingCallable operation) {
        assertThatThrownBy(operation)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }
}
