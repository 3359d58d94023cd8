package ai.konko.assistant;

import ai.konko.chat.Attached;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import ai.konko.chat.Fault;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.Owner;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Role;
import ai.konko.chat.Turn;
import ai.konko.chat.Usage;
import ai.konko.chat.WellFormed;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.service.Result;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Has the model write summaries, and tells which of its answers are of use. */
@Singleton
class SummaryWriter {
    private static final Logger LOG = Logger.getLogger(SummaryWriter.class);

    /** What a statement rests on. */
    private static final Pattern CITED = Pattern.compile("\\[(\\d{1,9})(?:[,;\\s–-]+\\d{1,9})*]");

    /** How many UTF-16 units of a message are told for each token that a prompt may have. */
    private static final int UNITS = 2;

    private final Summarizer summarizer;
    private final MemoryConfig config;
    private final TextInFlight inFlight;
    private final Tokens tokens;

    SummaryWriter(
            Summarizer summarizer, MemoryConfig config, TextInFlight inFlight, Tokens tokens) {
        this.summarizer = summarizer;
        this.config = config;
        this.inFlight = inFlight;
        this.tokens = tokens;
    }

    /**
     * What the model has answered.
     *
     * @param text the summary; null if the answer is of no use
     * @param usage what the provider reported; null if nothing
     * @param failure why there is no answer; null if there is one
     */
    record Answer(
            String model, @Nullable String text, @Nullable Usage usage, @Nullable Failure failure) {

        MemorySummary summary(int throughSeq, boolean asked) {
            return new MemorySummary(throughSeq, required(), model, usage, asked, Instant.EPOCH);
        }

        /**
         * @return the summary
         * @throws RefusedException if there is none
         */
        String required() {
            if (text != null) {
                return text;
            }
            Failure why = why();
            throw why.retryAfter() == null
                    ? RefusedException.of(why.code(), why.message())
                    : RefusedException.forNow(why.code(), why.message(), why.retryAfter());
        }

        /** Why there is no summary. */
        Failure why() {
            return failure == null
                    ? Failure.of(
                            ErrorCode.MODEL_FAILED,
                            "The model's answer is no summary that can be used.")
                    : failure;
        }

        @Override
        public String toString() {
            return "Answer[model=%s, failure=%s]".formatted(model, failure);
        }
    }

    /** A message to take in. */
    record Told(int seq, Role by, String content, List<Item> items) {

        static List<Told> of(List<Turn> turns) {
            return turns.stream()
                    .flatMap(each -> Stream.of(each.message(), each.reply()))
                    .map(each -> new Told(each.seq(), each.role(), each.content(), each.items()))
                    .toList();
        }

        @Override
        public String toString() {
            return "Told[seq=%d, by=%s]".formatted(seq, by);
        }
    }

    /**
     * @return the model that writes summaries of what this one is asked
     */
    String model(String asked) {
        return config.summaryModel().orElse(asked);
    }

    /**
     * Waits for the model.
     *
     * @param owner who pays for it
     * @param before the summary so far
     * @param told to take in; at least one
     */
    Answer write(
            Owner owner,
            String model,
            WindowBounds bounds,
            @Nullable String before,
            List<Told> told) {
        try (TextAllowance allowance = inFlight.open(owner)) {
            String material = material(bounds, before, told);
            Prompt prompt =
                    new Prompt(
                            null,
                            model,
                            List.of(ContextMessage.of(Prompt.Speaker.USER, material)),
                            Map.of(),
                            false,
                            null);
            ModelParameters parameters =
                    new ModelParameters(
                            prompt,
                            Timeouts.whole(config.summaryTimeout()),
                            new Cancellation(),
                            allowance);
            Result<String> answer =
                    ServiceCall.call(prompt, parameters, () -> summarizer.summarize(material));
            int first = told.getFirst().seq();
            int last = told.getLast().seq();
            return new Answer(
                    model,
                    usable(answer, bounds, before == null ? first : 1, last),
                    usage(answer.tokenUsage()),
                    null);
        } catch (RefusedException refused) { // no model was asked
            throw refused;
        } catch (RuntimeException failed) {
            Failure failure = ModelException.in(failed);
            if (failure == null) {
                LOG.debug("A summary could not be read", Fault.of(failed));
                failure = ModelException.nonsense().failure();
            }
            return new Answer(model, null, null, failure);
        }
    }

    /**
     * @param first the first message that it can rest on
     * @param last the last one
     * @return null if it is empty, was cut off, is too long, or cites no message, as an apology
     *     does
     */
    private @Nullable String usable(
            Result<String> answer, WindowBounds bounds, int first, int last) {
        String text = answer.content() == null ? "" : answer.content().strip();
        boolean whole = answer.finishReason() == null || answer.finishReason() == FinishReason.STOP;
        if (text.isEmpty() || !whole || tokens.ofMessage(text) > bounds.summaryTokens()) {
            return null;
        }
        return CITED.matcher(text)
                        .results()
                        .map(SummaryWriter::number)
                        .anyMatch(seq -> seq >= first && seq <= last)
                ? WellFormed.repaired(text)
                : null;
    }

    private static int number(MatchResult cited) {
        return Integer.parseInt(cited.group(1));
    }

    private static @Nullable Usage usage(@Nullable TokenUsage reported) {
        return reported == null || reported.inputTokenCount() == null
                ? null
                : new Usage(
                        reported.inputTokenCount(),
                        reported.outputTokenCount() == null ? 0 : reported.outputTokenCount(),
                        null,
                        null);
    }

    private static String material(WindowBounds bounds, @Nullable String before, List<Told> told) {
        StringBuilder text = new StringBuilder();
        text.append("The summary may have %d words at most.\n".formatted(words(bounds)));
        if (before != null) {
            text.append("\nThe summary so far:\n").append(before).append('\n');
        }
        text.append("\nThe messages to take in:\n");
        int most = UNITS * bounds.maxTokens();
        for (Told each : told) {
            tell(text, each, most);
        }
        return text.toString();
    }

    /** Half as many as tokens, because a number in brackets takes three and more. */
    private static int words(WindowBounds bounds) {
        return Math.max(20, bounds.summaryTokens() / 2);
    }

    private static void tell(StringBuilder text, Told message, int most) {
        StringBuilder said = new StringBuilder(message.content());
        for (Item each : message.items()) {
            switch (each) {
                case Item.Call call ->
                        said.append("\n(calls %s %s)".formatted(call.tool(), call.arguments()))
                                .append("\n(it gives: %s)".formatted(PromptMessages.output(call)));
                case Item.Image _, Item.File _ -> {
                    Attached attached = Items.attached(each);
                    String name = attached == null ? null : attached.name();
                    said.append(name == null ? "\n(an image)" : "\n(the file %s)".formatted(name));
                }
                case Item.Text _, Item.Reasoning _, Item.Output _, Item.Erased _ -> {}
            }
        }
        if (!said.toString().isBlank()) {
            text.append("\n[%d] %s: ".formatted(message.seq(), message.by().wire()))
                    .append(Extract.cut(said.toString(), Math.max(most, 2)))
                    .append('\n');
        }
    }
}
