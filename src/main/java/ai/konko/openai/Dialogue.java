package ai.konko.openai;

import ai.konko.assistant.Prompt.Said;
import ai.konko.assistant.Prompt.Speaker;
import ai.konko.chat.FinishReason;
import ai.konko.chat.Outcome;
import ai.konko.chat.PastTurn;
import ai.konko.chat.RefusedException;
import ai.konko.chat.WellFormed;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A list of messages that a client sends, in its order.
 *
 * @param parameter the list's name
 */
record Dialogue(String parameter, List<Said> said) {
    private static final Set<String> TEXT = Set.of("text", "input_text", "output_text");

    /**
     * Fields other than type, role and content change nothing. An answer that is sent back has most
     * of them, and clients for several speakers give names.
     */
    private static final Set<String> MESSAGE =
            Set.of(
                    "type",
                    "role",
                    "content",
                    "id",
                    "status",
                    "object",
                    "annotations",
                    "logprobs",
                    "name");

    private static final Set<String> PART = Set.of("type", "text", "annotations", "logprobs");

    /**
     * The same as turns, as the log keeps them.
     *
     * @param instructions the first messages, of system or developer
     * @param turns the turns that are over; one has no reply if the user went on before there was
     *     one
     * @param last the user's last message, if there is no reply to it
     */
    record ByTurns(@Nullable String instructions, List<PastTurn> turns, @Nullable String last) {

        /** All turns, with one that waits for a reply. */
        List<PastTurn> all() {
            if (last == null) {
                return turns;
            }
            List<PastTurn> all = new ArrayList<>(turns);
            all.add(new PastTurn(last, null, null));
            return all;
        }

        @Override
        public String toString() {
            return "ByTurns[turns=" + turns.size() + "]";
        }
    }

    /**
     * @param given a list of messages, or the text of a user's message
     */
    static Dialogue of(String parameter, @Nullable JsonNode given) {
        if (given == null || given.isNull()) {
            throw RefusedException.invalid(parameter, "is missing");
        }
        if (given.isTextual()) {
            return new Dialogue(
                    parameter,
                    List.of(new Said(Speaker.USER, notBlank(parameter, given.textValue()))));
        }
        if (!given.isArray() || given.isEmpty()) {
            throw RefusedException.invalid(parameter, "must be a list of messages");
        }
        List<Said> said = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            said.add(message("%s[%d]".formatted(parameter, i), given.get(i)));
        }
        return new Dialogue(parameter, List.copyOf(said));
    }

    private static Said message(String path, JsonNode message) {
        if (!message.isObject()) {
            throw RefusedException.invalid(path, "must be a message");
        }
        JsonNode type = message.path("type");
        RequestParameters.require(
                type.isMissingNode() || type.isNull() || "message".equals(type.textValue()),
                path + ".type",
                "is supported only as message");
        Speaker by = speaker(path, message.path("role"));
        RequestParameters.fields(path, message, MESSAGE);
        JsonNode name = RequestParameters.orMissing(message.get("name"));
        if (!name.isMissingNode() && !name.isTextual()) {
            throw RefusedException.invalid(path + ".name", "must be text");
        }
        return new Said(by, notBlank(path + ".content", text(path, message.path("content"))));
    }

    private static Speaker speaker(String path, JsonNode role) {
        return switch (role.textValue()) {
            case "user" -> Speaker.USER;
            case "assistant" -> Speaker.ASSISTANT;
            case "system", "developer" -> Speaker.SYSTEM;
            case "tool", "function" ->
                    throw RefusedException.unsupported(path + ".role", "is not supported here");
            case null, default ->
                    throw RefusedException.invalid(
                            path + ".role", "must be user, assistant, system or developer");
        };
    }

    private static String text(String path, JsonNode content) {
        if (!content.isArray()) {
            return content.isTextual() ? content.textValue() : "";
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < content.size(); i++) {
            String part = "%s.content[%d]".formatted(path, i);
            JsonNode type = content.get(i).path("type");
            RequestParameters.require(
                    type.isTextual() && TEXT.contains(type.textValue()),
                    part + ".type",
                    "is supported only as text");
            RequestParameters.fields(part, content.get(i), PART);
            if (!content.get(i).path("text").isTextual()) {
                throw RefusedException.invalid(part + ".text", "must be text");
            }
            text.append(content.get(i).path("text").textValue());
        }
        return text.toString();
    }

    private static String notBlank(String path, String text) {
        if (text.isBlank()) {
            throw RefusedException.invalid(path, "must not be blank");
        }
        if (!WellFormed.holds(text)) {
            throw RefusedException.invalid(
                    path, "must not have a NUL character or an unpaired surrogate");
        }
        return text;
    }

    /**
     * @throws RefusedException {@code unsupported} if the log can't have messages in this order
     */
    ByTurns byTurns() {
        int start = 0;
        while (start < said.size() && said.get(start).by() == Speaker.SYSTEM) {
            start++;
        }
        List<PastTurn> turns = new ArrayList<>();
        String open = null;
        for (int i = start; i < said.size(); i++) {
            Said next = said.get(i);
            RequestParameters.require(
                    next.by() != Speaker.SYSTEM,
                    "%s[%d]".formatted(parameter, i),
                    "is from system or developer, which is supported only at the start");
            RequestParameters.require(
                    next.by() == Speaker.USER || open != null,
                    "%s[%d]".formatted(parameter, i),
                    "is from the assistant, which is supported only after a user's message");
            if (open != null) {
                turns.add(
                        next.by() == Speaker.USER
                                ? new PastTurn(open, null, null)
                                : new PastTurn(
                                        open,
                                        Outcome.ended(next.text(), FinishReason.STOP, null),
                                        null));
            }
            open = next.by() == Speaker.USER ? next.text() : null;
        }
        return new ByTurns(start == 0 ? null : instructions(start), List.copyOf(turns), open);
    }

    private String instructions(int count) {
        return said.subList(0, count).stream().map(Said::text).collect(Collectors.joining("\n\n"));
    }

    @Override
    public String toString() {
        return "Dialogue[messages=" + said.size() + "]";
    }
}
