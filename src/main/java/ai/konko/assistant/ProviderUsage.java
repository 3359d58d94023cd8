package ai.konko.assistant;

import dev.langchain4j.model.output.TokenUsage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The usage that a provider reports, with what only some of them tell. */
final class ProviderUsage extends TokenUsage {
    private final @Nullable Integer cachedInput;
    private final @Nullable Integer reasoning;

    ProviderUsage(
            @Nullable Integer input,
            @Nullable Integer output,
            @Nullable Integer cachedInput,
            @Nullable Integer reasoning) {
        super(input, output);
        this.cachedInput = cachedInput;
        this.reasoning = reasoning;
    }

    /** How many tokens of the input came from the provider's cache. */
    static @Nullable Integer cachedInput(@Nullable TokenUsage usage) {
        return usage instanceof ProviderUsage all ? all.cachedInput : null;
    }

    /** How many tokens of the output were reasoning. */
    static @Nullable Integer reasoning(@Nullable TokenUsage usage) {
        return usage instanceof ProviderUsage all ? all.reasoning : null;
    }

    /**
     * @return the later counts; if the later ones are missing, the earlier
     */
    static TokenUsage fuller(@Nullable TokenUsage before, TokenUsage later) {
        return before == null
                ? later
                : of(
                        fuller(before.inputTokenCount(), later.inputTokenCount()),
                        fuller(before.outputTokenCount(), later.outputTokenCount()),
                        fuller(cachedInput(before), cachedInput(later)),
                        fuller(reasoning(before), reasoning(later)));
    }

    static TokenUsage of(
            @Nullable Integer input,
            @Nullable Integer output,
            @Nullable Integer cachedInput,
            @Nullable Integer reasoning) {
        return cachedInput == null && reasoning == null
                ? new TokenUsage(input, output)
                : new ProviderUsage(input, output, cachedInput, reasoning);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof ProviderUsage all
                && Objects.equals(cachedInput, all.cachedInput)
                && Objects.equals(reasoning, all.reasoning);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), cachedInput, reasoning);
    }

    static @Nullable Integer fuller(@Nullable Integer before, @Nullable Integer later) {
        return before == null || (later != null && later > 0) ? later : before;
    }

    /** An AI service adds up what its calls have used. */
    @Override
    public TokenUsage add(TokenUsage other) {
        return of(
                sum(inputTokenCount(), other.inputTokenCount()),
                sum(outputTokenCount(), other.outputTokenCount()),
                sum(cachedInput, cachedInput(other)),
                sum(reasoning, reasoning(other)));
    }
}
