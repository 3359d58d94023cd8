package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link ChatRepository} has to find in one chat. */
abstract class MessageSearchContract extends ErasureContract {
    private static final Failure BROKEN = Failure.of(ErrorCode.MODEL_FAILED, "It broke off.");

    @Test
    void messages_search_goesOnPageByPage() {
        List<PastTurn> turns =
                List.of(
                        new PastTurn("a Needle", done("another NEEDLE"), null),
                        new PastTurn("hay", done("the needle"), null),
                        new PastTurn("hay", done("hay"), null),
                        new PastTurn("needles", null, null));
        repository.take(chat(), turns);
        fillSearch();
        repository.take(chat(), List.of(turns.getFirst(), turns.get(2), turns.get(1)));
        UUID other = repository.create(Owner.ANONYMOUS, Settings.NONE).id();
        repository.take(other, turns);

        List<Integer> found = List.of(1, 2, 4, 7, 9, 10, 14);
        for (int limit : new int[] {1, 2, 3, 6, 7, 100}) {
            assertThat(seqs("needle", Order.ASC, limit)).isEqualTo(found);
            assertThat(seqs("needle", Order.DESC, limit)).isEqualTo(found.reversed());
        }
        fillSearch();
        assertThat(seqs("needle", Order.ASC, 2)).isEqualTo(found);
        assertThat(seqs("needle", Order.DESC, 2)).isEqualTo(found.reversed());
        assertThat(seqs("nowhere", Order.ASC, 2)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "İstanbul ÄÖÜ | ISTANBUL äöü | 1",
                "re\u0301sume\u0301 | R\u00C9SUM\u00C9 | 1",
                "ΟΔΟΣ οδός | οδοσ | 1",
                "\uD55C\uAE00 | \u1112\u1161\u11AB\u1100\u1173\u11AF | 1",
                "100%_Ä \\x | %_ä \\X | 1",
                "abc | a_c | 0",
                "abc | a%c | 0",
                "resume | résumé | 0"
            })
    void messages_search_findsWhatIsTheSameToAReader(String said, String text, int count) {
        repository.take(chat(), List.of(new PastTurn("x " + said + " x", done("y"), null)));

        assertThat(search(text)).hasSize(count);
    }

    @Test
    void messages_search_joinsNoTexts() {
        repository.take(chat(), List.of(new PastTurn("one", done("two"), null)));

        for (String text : List.of("onetwo", "one\u037Etwo", "one;two", "\u037E", ";")) {
            assertThat(search(text)).isEmpty();
        }
        assertThat(search("two")).containsExactly(2);
    }

    @Test
    void messages_search_findsNoReplyThatIsNotOver() {
        Turn turn = repository.accept(chat(), post("a question")).turn();
        repository.accept(chat(), post("a second question"));
        repository.start(chat(), "m");
        repository.draft(chat(), turn.reply().id(), 1).text("an answer");

        assertThat(search("an answer")).isEmpty();
        assertThat(search("question")).containsExactly(1, 3);

        repository.finish(chat(), turn.reply().id(), 1, done("an answer"));
        assertThat(search("an answer")).containsExactly(2);
    }

    @Test
    void messages_search_findsNoTextOfBefore() {
        Message reply = replied(Outcome.brokenOff(Written.of("an old answer"), BROKEN));
        assertThat(search("answer")).containsExactly(2);

        repository.retry(chat(), reply.id(), false);
        assertThat(search("answer")).isEmpty();
        repository.start(chat(), "m");
        repository.draft(chat(), reply.id(), 2).text("an old answer");
        assertThat(search("answer")).isEmpty();
        repository.finish(chat(), reply.id(), 2, done("a new answer"));
        assertThat(search("old")).isEmpty();
        assertThat(search("new")).containsExactly(2);

        repository.erase(chat(), reply.id(), 2, Set.of(0));
        assertThat(search("answer")).isEmpty();
        assertThat(search("hello")).containsExactly(1);
        repository.delete(chat());
        assertThatThrownBy(() -> search("hello"))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.CHAT_NOT_FOUND));
    }

    @ParameterizedTest
    @EnumSource
    void messages_search_endsAPageWithTheTextThatIsTooMuch(Order order) {
        String text = "x".repeat(Page.MOST_CHARACTERS / 2);
        for (int i = 0; i < 4; i++) { // three of them are more than a page
            repository.take(chat(), List.of(new PastTurn("x", done(text), null)));
        }
        fillSearch();

        Page<Message> first = page("xx", order, 100, null);
        Page<Message> second = page("xx", order, 100, first.items().getLast().seq());

        assertThat(first.items()).hasSize(3);
        assertThat(first.more()).isTrue();
        assertThat(second.items()).hasSize(1);
        assertThat(second.more()).isFalse();
    }

    /** Before and after the store has taken the texts in for it. */
    private List<Integer> search(String text) {
        List<Integer> found = seqs(text, Order.ASC, 10);
        fillSearch();
        assertThat(seqs(text, Order.ASC, 10)).isEqualTo(found);
        return found;
    }

    private List<Integer> seqs(String text, Order order, int limit) {
        List<Integer> seqs = new ArrayList<>();
        Page<Message> page;
        do {
            page = page(text, order, limit, seqs.isEmpty() ? null : seqs.getLast());
            page.items().forEach(each -> seqs.add(each.seq()));
        } while (page.more());
        return seqs;
    }

    private Page<Message> page(String text, Order order, int limit, @Nullable Integer after) {
        return repository.messages(chat(), new MessageQuery(limit, order, after, text));
    }

    private static Outcome done(String text) {
        return Outcome.ended(text, FinishReason.STOP, null);
    }
}
