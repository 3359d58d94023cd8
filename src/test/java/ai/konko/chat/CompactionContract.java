package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.konko.chat.MemorySummary.Basis;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What every {@link ChatRepository} has to know of the summaries of a chat. */
abstract class CompactionContract extends WindowContract {
    private static final StartOptions START = new StartOptions("m", 20, 100_000);

    @Test
    void summaries_areAllKept_theNewestFirst() {
        keep(2, "one");
        MemorySummary second = keep(6, "two");
        keep(8, "three");

        assertThat(repository.summaries(chat(), Integer.MAX_VALUE, 10))
                .extracting(MemorySummary::text)
                .containsExactly("three", "two", "one");
        assertThat(repository.summaries(chat(), 8, 1)).containsExactly(second);
        assertThat(repository.summaries(chat(), 2, 10)).isEmpty();
        assertThat(second.usage()).isEqualTo(new Usage(7, 3, 1L, 2L));
        assertThat(second.asked()).isTrue();
        assertThat(second.createdAt()).isAfter(Instant.EPOCH);
        assertThat(repository.summaryBasis(chat())).isEqualTo(new Basis(8, 0));
    }

    @Test
    void summary_ofAnOlderBasis_isNotKept() {
        Basis begun = repository.summaryBasis(chat());
        keep(4, "first");

        assertThat(repository.keepSummary(chat(), summary(4, "same range"), begun)).isEmpty();
        assertThat(repository.keepSummary(chat(), summary(6, "more"), begun)).isEmpty();
        assertThat(repository.summaries(chat(), Integer.MAX_VALUE, 10)).hasSize(1);
    }

    @Test
    void erasure_removesTheSummariesThatTakeItIn_andOnesThatAreBeingMade() {
        UUID first = turn("1").id();
        UUID second = turn("2").id();
        turn("3");
        keep(2, "of the first");
        keep(4, "of two");
        Basis begun = repository.summaryBasis(chat());

        repository.erase(chat(), second, 1, Set.of(0));

        assertThat(repository.summaries(chat(), Integer.MAX_VALUE, 10))
                .extracting(MemorySummary::text)
                .containsExactly("of the first");
        assertThat(repository.keepSummary(chat(), summary(6, "quotes it"), begun)).isEmpty();
        assertThat(repository.summaryBasis(chat())).isEqualTo(new Basis(2, 1));
        Started next = accept("4");
        assertThat(next.summarized()).isEqualTo(2);
        end(next);
        repository.erase(chat(), first, 1, Set.of(0));
        assertThat(repository.summaries(chat(), Integer.MAX_VALUE, 10)).isEmpty();
        assertThat(accept("5").summarized()).isZero();
    }

    @Test
    void retry_removesTheSummariesThatTakeTheReplyIn() {
        turn("1");
        Started second = accept("2");
        Message cut =
                repository.finish(
                        chat(),
                        second.turn().reply().id(),
                        1,
                        Outcome.cancelled(Written.of("half")));
        keep(2, "of the first");
        keep(4, "of half a reply");

        repository.retry(chat(), cut.id(), false);

        Started again = repository.start(chat(), START).orElseThrow();
        assertThat(again.summarized()).isEqualTo(2);
        assertThat(repository.summaries(chat(), Integer.MAX_VALUE, 10)).hasSize(1);
    }

    @Test
    void start_tellsHowFarTheSummariesReach() {
        assertThat(accept("1").summarized()).isZero();
        keep(2, "one");
        Turn waiting =
                repository.accept(chat(), new Post("2", WhenBusy.ENQUEUE, null, false)).turn();
        Message first =
                repository.message(
                        chat(),
                        repository
                                .messages(
                                        chat(),
                                        new ChatRepository.MessageQuery(
                                                2, ChatRepository.Order.ASC, null))
                                .items()
                                .get(1)
                                .id());

        Finished finished =
                repository.finish(
                        chat(), first.id(), 1, Outcome.ended("r", FinishReason.STOP, null), START);

        assertThat(finished.next()).isNotNull();
        assertThat(finished.next().turn().reply().id()).isEqualTo(waiting.reply().id());
        assertThat(finished.next().summarized()).isEqualTo(2);
    }

    @Test
    void compaction_isKeptWithTheMemory_andForgetsNoCut() {
        turn("1");
        Started second = accept("2");
        repository.finish(
                chat(),
                second.turn().reply().id(),
                1,
                Outcome.ended("r", FinishReason.STOP, null).cutting(3, Memory.NONE));

        Memory.Patch on =
                new Memory.Patch(
                        new SettingsPatch.Change.Keep<>(),
                        new SettingsPatch.Change.Keep<>(),
                        new SettingsPatch.Change.Keep<>(),
                        new SettingsPatch.Change.Set<>(Memory.Compaction.SUMMARY));
        Chat patched =
                repository.patch(
                        chat(),
                        new SettingsPatch(
                                new SettingsPatch.Change.Keep<>(),
                                new SettingsPatch.Change.Keep<>(),
                                new SettingsPatch.Change.Keep<>(),
                                new SettingsPatch.Change.Keep<>(),
                                new SettingsPatch.Change.Keep<>(),
                                on));

        assertThat(patched.settings().memory().compaction()).isEqualTo(Memory.Compaction.SUMMARY);
        assertThat(repository.chat(chat())).isEqualTo(patched);
        assertThat(repository.recall(chat(), Integer.MAX_VALUE, 10, Long.MAX_VALUE)).hasSize(1);
    }

    @Test
    void delete_takesTheSummariesAlong() {
        turn("1");
        Basis begun = repository.summaryBasis(chat());
        keep(2, "one");
        repository.delete(chat());

        assertThatThrownBy(() -> repository.summaries(chat(), 99, 1))
                .isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> repository.keepSummary(chat(), summary(4, "late"), begun))
                .isInstanceOf(RefusedException.class);
    }

    private MemorySummary keep(int through, String text) {
        return repository
                .keepSummary(chat(), summary(through, text), repository.summaryBasis(chat()))
                .orElseThrow();
    }

    private static MemorySummary summary(int through, String text) {
        return new MemorySummary(
                through, text, "m", new Usage(7, 3, 1L, 2L), through == 6, Instant.EPOCH);
    }

    private Message turn(String text) {
        return end(accept(text));
    }

    private Message end(Started started) {
        Message reply = started.turn().reply();
        return repository.finish(
                chat(), reply.id(), 1, Outcome.ended("r", FinishReason.STOP, null));
    }

    private Started accept(String text) {
        Post post = new Post(text, WhenBusy.ENQUEUE, null, false);
        Started started = repository.accept(chat(), post, START).started();
        assertThat(started).isNotNull();
        return started;
    }
}
