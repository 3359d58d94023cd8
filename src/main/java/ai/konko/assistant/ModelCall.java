package ai.konko.assistant;

/**
 * What one call through an AI service carries beside its arguments, bound to the calling thread
 * while it lasts.
 *
 * @param allowance how much of an answer may be held
 */
record ModelCall(
        Prompt prompt, Cancellation cancellation, TextAllowance allowance, Timeouts timeouts) {
    static final ScopedValue<ModelCall> CURRENT = ScopedValue.newInstance();

    @Override
    public String toString() {
        return "ModelCall[" + prompt + "]";
    }
}
