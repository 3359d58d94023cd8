package ai.konko.chat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.SettingsPatch.Change;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link ChatRepository} has to know of where a chat's window begins. */
abstract class WindowContract extends StartContract {
    private static final int END = Integer.MAX_VALUE;
    private static final StartOptions START = new StartOptions("m", 20, 100_000);

    @Test
    void recall_hasTheTurnsSinceTheNewestCut() {
        turn("1", 0);
        turn("2", 0);
        turn("3", 3);
        turn("4", 0);
        turn("5", 7);
        turn("6", 0);

        assertThat(recalled(END, 10)).containsExactly("4", "5", "6");
        assertThat(recalled(END, 2)).containsExactly("5", "6");
        assertThat(recalled(9, 10)).as("before the second cut").containsExactly("2", "3", "4");
        assertThat(recalled(5, 10)).as("before the first").containsExactly("1", "2");
        assertThat(repository.context(chat(), END, 10, Long.MAX_VALUE)).hasSize(6);
        assertThat(before("7")).containsExactly("4", "5", "6");
    }

    @Test
    void recall_afterATurnThatHasCutTheWindowToItself_hasThatTurn() {
        turn("1", 0);
        turn("2", 3);

        assertThat(recalled(END, 10)).containsExactly("2");
        assertThat(before("3")).containsExactly("2");
    }

    @Test
    void nextInLine_isStartedWithTheWindowThatHasJustBeenCut() {
        turn("1", 0);
        turn("2", 0);
        Started third = accept("3");
        repository.accept(chat(), new Post("4", WhenBusy.ENQUEUE, null, false), START);

        Finished finished = finish(third, ended("r").cutting(3, Memory.NONE), START);

        assertThat(finished.next()).isNotNull();
        assertThat(seenBy(finished.next())).containsExactly("2", "3");
    }

    @Test
    void cut_ofATurnThatIsNotContext_doesNotCount() {
        turn("1", 0);
        turn("2", 0);
        finish(accept("3"), Outcome.cancelled().cutting(3, Memory.NONE), null);
        assertThat(recalled(END, 10)).containsExactly("1", "2");

        Message fourth = turn("4", 3);
        List<Message> last =
                repository.messages(chat(), new MessageQuery(1, Order.DESC, 8)).items();
        assertThat(recalled(END, 10)).containsExactly("2", "4");
        repository.erase(chat(), last.getFirst().id(), 1, Set.of(0));
        repository.erase(chat(), fourth.id(), 1, Set.of(0));

        assertThat(recalled(END, 10)).containsExactly("1", "2");
    }

    @Test
    void cut_ofAReplyThatIsWrittenAgain_isThatOfItsNewestAttempt() {
        turn("1", 0);
        turn("2", 0);
        Started third = accept("3");
        Written half = Written.of("half");
        Message reply =
                finish(third, Outcome.cancelled(half).cutting(3, Memory.NONE), null).reply();
        assertThat(recalled(END, 10)).containsExactly("2", "3");

        repository.retry(chat(), reply.id(), false);
        Started again = repository.start(chat(), START).orElseThrow();
        assertThat(seenBy(again)).containsExactly("1", "2");
        finish(again, ended("r"), null);

        assertThat(recalled(END, 10)).containsExactly("1", "2", "3");
    }

    @Test
    void memory_isMergedWithWhatIsThere_andForgetsTheCutsIfItChanges() {
        turn("1", 0);
        turn("2", 3);
        patch(new Memory.Patch(set(4), keep(), set(0.25), keep()));
        assertThat(recalled(END, 10)).containsExactly("1", "2");
        turn("3", 3);

        patch(new Memory.Patch(set(4), keep(), keep(), keep()));
        repository.patch(
                chat(),
                new SettingsPatch(
                        new Change.Set<>("title"),
                        keep(),
                        keep(),
                        keep(),
                        keep(),
                        Memory.Patch.KEEP_ALL));
        assertThat(recalled(END, 10)).as("nothing has changed").containsExactly("2", "3");

        Chat patched = patch(new Memory.Patch(new Change.Remove<>(), set(100), keep(), keep()));
        assertThat(patched.settings().memory()).isEqualTo(new Memory(null, 100, 0.25));
        assertThat(recalled(END, 10)).containsExactly("1", "2", "3");
        assertThat(repository.chat(chat())).isEqualTo(patched);
        assertThat(patch(Memory.Patch.REMOVE_ALL).settings().memory()).isEqualTo(Memory.NONE);
    }

    /** Else the turn would push out, for good, what the client has just asked for. */
    @Test
    void memory_thatChangesWhileATurnRuns_letsThatTurnCutNothing() {
        turn("1", 0);
        turn("2", 0);
        Started third = accept("3");
        patch(new Memory.Patch(set(100), keep(), keep(), keep()));
        finish(third, ended("r").cutting(5, third.settings().memory()), null);

        assertThat(recalled(END, 10)).containsExactly("1", "2", "3");
        assertThat(before("4")).containsExactly("1", "2", "3");
    }

    @Test
    void newChat_keepsItsMemory() {
        Memory memory = new Memory(6, 1000, 1.0);
        Settings settings = new Settings(null, null, null, Map.of(), Map.of(), memory);

        Chat made = repository.create(Owner.ANONYMOUS, settings);

        assertThat(repository.chat(made.id()).settings().memory()).isEqualTo(memory);
        Started started =
                repository
                        .accept(made.id(), new Post("m", WhenBusy.ENQUEUE, null, false), START)
                        .started();
        assertThat(started).isNotNull();
        assertThat(started.settings().memory()).isEqualTo(memory);
    }

    private static <T> Change<T> set(T value) {
        return new Change.Set<>(value);
    }

    private static <T> Change<T> keep() {
        return new Change.Keep<>();
    }

    private Chat patch(Memory.Patch memory) {
        return repository.patch(
                chat(), new SettingsPatch(keep(), keep(), keep(), keep(), keep(), memory));
    }

    private Message turn(String text, int cutFrom) {
        Started started = accept(text);
        Outcome end = ended("r").cutting(cutFrom, started.settings().memory());
        return finish(started, end, null).reply();
    }

    private List<String> before(String text) {
        Started started = accept(text);
        List<String> seen = seenBy(started);
        finish(started, ended("r"), null);
        return seen;
    }

    private static Outcome ended(String text) {
        return Outcome.ended(text, FinishReason.STOP, null);
    }

    private Started accept(String text) {
        Post post = new Post(text, WhenBusy.ENQUEUE, null, false);
        Started started = repository.accept(chat(), post, START).started();
        assertThat(started).isNotNull();
        return started;
    }

    private Finished finish(Started started, Outcome outcome, @Nullable StartOptions next) {
        Message reply = started.turn().reply();
        return repository.finish(chat(), reply.id(), reply.attempt(), outcome, next);
    }

    private List<String> recalled(int beforeSeq, int most) {
        return messages(repository.recall(chat(), beforeSeq, most, Long.MAX_VALUE));
    }

    /** What a log did not read with the start is read then. */
    private List<String> seenBy(Started started) {
        return started.before() == null
                ? recalled(started.turn().message().seq(), START.maxTurns())
                : messages(started.before());
    }

    private static List<String> messages(List<ContextTurn> turns) {
        return turns.stream().map(ContextTurn::message).toList();
    }
}
