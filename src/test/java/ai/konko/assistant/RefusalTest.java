package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.Failure;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefusalTest {
    private static final Duration LATER = Duration.ofSeconds(17);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":{\"message\":\"SECRET\",\"type\":\"x\",\"code\":\"insufficient_quota\"}}",
                "{\"error\":{\"type\":\"insufficient_quota\"}}",
                "{\"error\":{\"code\":\"insufficient_user_quota\"}}",
                "{\"error\":{\"code\":\"billing_hard_limit_reached\"}}",
                "{\"error\":{\"type\":\"exceeded_current_quota_error\"}}",
                "{\"code\":\"Arrearage\",\"message\":\"SECRET\"}",
                "[{\"error\":{\"status\":\"INSUFFICIENT_BALANCE\"}}]",
                "{\"error\":{\"code\":\"credits_exhausted\"}}",
                "{\"error\":{\"code\":\"insufficient_quota\"},\"cut"
            })
    void failure_ofAQuotaThatIsUsedUp_isNotForLater(String body) {
        Failure failure = read(429, body);

        assertThat(failure.code()).isEqualTo(ErrorCode.MODEL_FAILED);
        assertThat(failure.retryAfter()).isNull();
        assertThat(failure.providerStatus()).isEqualTo(429);
        assertThat(failure.message()).contains("quota").doesNotContain("SECRET");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "insufficient_quota",
                "{\"error\":{\"code\":\"rate_limit_exceeded\"}}",
                "{\"error\":{\"message\":\"insufficient_quota\"}}",
                "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}",
                "<html>"
            })
    void failure_ofAnyOtherLimit_isForLater(String body) {
        Failure failure = read(429, body);

        assertThat(failure.code()).isEqualTo(ErrorCode.MODEL_UNAVAILABLE);
        assertThat(failure.retryAfter()).isEqualTo(LATER);
        assertThat(failure.providerStatus()).isEqualTo(429);
    }

    @ParameterizedTest
    @CsvSource({
        "400, MODEL_FAILED",
        "401, MODEL_FAILED",
        "404, MODEL_FAILED",
        "500, MODEL_FAILED",
        "503, MODEL_UNAVAILABLE"
    })
    void failure_ofAStatus_tellsIt(int status, ErrorCode code) {
        Refusal refusal = new Refusal(status, LATER, false);

        assertThat(refusal.isToBeRead()).isFalse();
        assertThat(refusal.failure().failure().code()).isEqualTo(code);
        assertThat(refusal.failure().failure().providerStatus()).isEqualTo(status);
    }

    @Test
    void read_ofMoreThanABeginning_doesNotWaitForTheEnd() {
        Refusal refusal = new Refusal(429, LATER, false);
        refusal.read(Buffer.buffer(" ".repeat(16_383)));

        ModelException failed =
                catchThrowableOfType(
                        ModelException.class, () -> refusal.read(Buffer.buffer("  more")));

        assertThat(failed.failure().providerStatus()).isEqualTo(429);
    }

    private static Failure read(int status, String body) {
        Refusal refusal = new Refusal(status, LATER, false);
        refusal.read(Buffer.buffer(body));
        return catchThrowableOfType(ModelException.class, refusal::end).failure();
    }
}
