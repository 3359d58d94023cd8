package ai.konko.api;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.Options;
import ai.konko.chat.Post;
import ai.konko.chat.RefusedException;
import ai.konko.chat.RefusedException.Violation;
import ai.konko.chat.WhenBusy;
import ai.konko.http.AttachmentData;
import ai.konko.http.JsonBody;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a user says to a chat.
 *
 * @param content text, or a list of parts; may be absent if there are outputs
 * @param outputs of the calls of the chat's last reply
 */
@RegisterForReflection
record PostBody(
        @Nullable JsonNode content,
        @Nullable String whenBusy,
        @Nullable JsonNode outputs,
        @Nullable JsonNode tools,
        @Nullable JsonNode toolChoice,
        @Nullable JsonNode responseFormat,
        @Nullable JsonNode parameters)
        implements JsonBody {
    private static final Set<String> WHEN_BUSY = Set.of("enqueue", "reject", "interrupt");

    /** Null is as if it were not there. */
    PostBody {
        content = given(content);
        outputs = given(outputs);
    }

    private static @Nullable JsonNode given(@Nullable JsonNode field) {
        return field == null || field.isNull() ? null : field;
    }

    @Override
    public List<Violation> broken(ChatLimits limits) {
        List<Violation> broken = new ArrayList<>();
        PostRules.check(content, outputs, limits, broken);
        if (whenBusy != null && !WHEN_BUSY.contains(whenBusy)) {
            broken.add(new Violation("whenBusy", "must be enqueue, reject or interrupt"));
        }
        Map<String, @Nullable Object> _ = ModelOptions.read(forModel(), broken);
        return broken;
    }

    private ModelOptions.Given forModel() {
        return new ModelOptions.Given(tools, toolChoice, responseFormat, parameters);
    }

    /**
     * @throws RefusedException if what is given in base64 can't be taken
     */
    Post post(@Nullable String idempotencyKey, boolean streamed, AttachmentData data) {
        WhenBusy chosen =
                whenBusy == null
                        ? WhenBusy.ENQUEUE
                        : WhenBusy.valueOf(whenBusy.toUpperCase(Locale.ROOT));
        PostContent said = PostContent.of(content, outputs, data);
        return new Post(
                        said.text(),
                        said.items(),
                        chosen,
                        idempotencyKey,
                        streamed,
                        options(),
                        List.of(),
                        null)
                .with(said.attachments());
    }

    /**
     * @param ofChat the parameters of the chat, asked for only if the post's choice needs them
     * @throws RefusedException if the post chooses a tool that is none of the turn's
     */
    void requireChoice(Supplier<Map<String, Object>> ofChat) {
        if (toolChoice != null && toolChoice.isObject()) {
            Map<String, Object> options = new LinkedHashMap<>(ofChat.get());
            options.putAll(ModelOptions.given(forModel()));
            ModelOptions.requireChoice(options);
        }
    }

    private @Nullable Options options() {
        Map<String, Object> given = ModelOptions.given(forModel());
        return given.isEmpty() ? null : Options.ofParameters(given);
    }

    @Override
    public String toString() {
        return "PostBody[whenBusy=" + whenBusy + "]";
    }
}
