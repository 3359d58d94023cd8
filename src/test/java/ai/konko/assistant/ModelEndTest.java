package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.output.FinishReason;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelEndTest {

    @ParameterizedTest
    @CsvSource({
        "stop, STOP",
        "<|im_end|>, STOP",
        "eot_id, STOP",
        "max_completion_tokens, LENGTH",
        "max_total_tokens, LENGTH",
        "max_seq_len, LENGTH",
        "max_tool_calls, LENGTH",
        "too_long, LENGTH",
        "stop_reason_max_tokens, LENGTH",
        "hate_speech, CONTENT_FILTER",
        "violence, CONTENT_FILTER",
        "eos, STOP",
        "eos_token, STOP",
        "stop_sequence, STOP",
        "stopped_word, STOP",
        "end_turn, STOP",
        "end, STOP",
        "complete, STOP",
        "completed, STOP",
        "finished, STOP",
        "finish_reason_stop, STOP",
        "reason_stop, STOP",
        "normal, STOP",
        "tool_calls, STOP",
        "length, LENGTH",
        "max_tokens, LENGTH",
        "maxTokens, LENGTH",
        "max-tokens, LENGTH",
        "model_length, LENGTH",
        "max_output_tokens, LENGTH",
        "max_length, LENGTH",
        "reason_max_len, LENGTH",
        "token_limit, LENGTH",
        "error_limit, LENGTH",
        "finish_reason_max_tokens, LENGTH",
        "model_context_window_exceeded, LENGTH",
        "context_length_exceeded, LENGTH",
        "content_filter, CONTENT_FILTER",
        "content_filtered, CONTENT_FILTER",
        "safety, CONTENT_FILTER",
        "image_safety, CONTENT_FILTER",
        "recitation, CONTENT_FILTER",
        "blocklist, CONTENT_FILTER",
        "prohibited_content, CONTENT_FILTER",
        "spii, CONTENT_FILTER",
        "sensitive, CONTENT_FILTER",
        "refusal, CONTENT_FILTER",
        "guardrail_intervened, CONTENT_FILTER",
        "error_toxic, CONTENT_FILTER",
        "error, BROKEN",
        "malformed_function_call, BROKEN",
        "unexpected_tool_call, BROKEN",
        "network_error, BROKEN",
        "insufficient_system_resource, BROKEN",
        "abort, BROKEN",
        "abnormal, BROKEN",
        "cancelled, BROKEN",
        "user_cancel, BROKEN",
        "time_limit, BROKEN",
        "timeout, BROKEN",
        "overloaded, BROKEN",
        "incomplete, UNKNOWN",
        "not_finished, UNKNOWN",
        "other, UNKNOWN",
        "42, UNKNOWN"
    })
    void of_aProvidersWordInAnyCase_isItsMeaning(String word, ModelEnd expected) {
        assertThat(ModelEnd.of(word)).isEqualTo(expected);
        assertThat(ModelEnd.of(word.toUpperCase(Locale.ROOT))).isEqualTo(expected);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "null", "NULL", "None", "FINISH_REASON_UNSPECIFIED"})
    void of_aWordThatIsNoReason_isNull(String word) {
        assertThat(ModelEnd.of(word)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "STOP, UNKNOWN, STOP",
        "LENGTH, UNKNOWN, LENGTH",
        "CONTENT_FILTER, UNKNOWN, CONTENT_FILTER",
        "UNKNOWN, STOP, STOP",
        "UNKNOWN, UNKNOWN, UNKNOWN",
        "LENGTH, STOP, LENGTH",
        "STOP, LENGTH, LENGTH"
    })
    void or_aLaterEnd_isTheOneThatSaysMore(ModelEnd first, ModelEnd later, ModelEnd expected) {
        assertThat(first.or(later)).isEqualTo(expected);
    }

    @Test
    void of_aHugeWord_isUnknown() {
        assertThat(ModelEnd.of("stop".repeat(100_000))).isEqualTo(ModelEnd.UNKNOWN);
    }

    @Test
    void response_ofAnUnknownWord_passesItOnWithoutWhatIsNoWord() {
        var response = ModelEnd.UNKNOWN.response("text", "odd one\n" + "x".repeat(100), null);

        assertThat(response.finishReason()).isEqualTo(FinishReason.OTHER);
        assertThat(ModelEnd.unknownIn(response)).isEqualTo("odd?one?" + "x".repeat(56));
        assertThat(ModelEnd.unknownIn(ModelEnd.BROKEN.response("text", "error", null))).isNull();
    }
}
