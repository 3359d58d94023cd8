package ai.konko.assistant;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The meaning of a finish reason. Each provider has its own words: OpenAI, Anthropic, Gemini,
 * Bedrock, Cohere, Mistral, DeepSeek, Zhipu, watsonx, xAI and the open servers. So a reason is
 * recognised by the stems in it, in any case and with any separators.
 */
enum ModelEnd {
    /** The model came to its end. */
    STOP,
    /** A limit of tokens cut the answer. */
    LENGTH,
    /** The provider's filter cut the answer. */
    CONTENT_FILTER,
    /** The provider broke the answer off. */
    BROKEN,
    /** Nobody here knows the word, so the answer is not called whole. */
    UNKNOWN;

    private static final Pattern PREFIX = Pattern.compile("^(?:finish|stop)reason(?=.)");

    /** A longer word is none of a vocabulary. */
    private static final int LONGEST = 100;

    private static final int LONGEST_SHOWN = 64;

    /** An attribute of a response's message. */
    private static final String WORD = "finish_reason";

    private static final Set<String> NO_REASONS =
            Set.of("null", "none", "unspecified", "undefined");

    private static final String[] FILTERS = {
        "filter",
        "safety",
        "unsafe",
        "recitation",
        "block",
        "prohibit",
        "spii",
        "sensitive",
        "refus",
        "guardrail",
        "moderat",
        "policy",
        "violat",
        "harm",
        "censor",
        "toxic",
        "flagged",
        "copyright",
        "modelarmor",
        "language",
        "intervened",
        "risk",
        "hatespeech",
        "violence",
        "sexual"
    };

    /** Cohere's word for a limit; it has the stem of a failure in it. */
    private static final String ERROR_LIMIT = "errorlimit";

    private static final String[] FAILURES = {
        "error",
        "malform",
        "fail",
        "abort",
        "cancel",
        "interrupt",
        "insufficient",
        "unavailable",
        "overload",
        "timeout",
        "timedout",
        "timelimit",
        "deadline",
        "invalid",
        "exception",
        "network",
        "disconnect",
        "exhaust",
        "unexpected",
        "ratelimit",
        "quota",
        "outofmemory",
        "preempt",
        "shutdown",
        "crash",
        "evict",
        "kill",
        "pause",
        "toomany",
        "missing",
        "abandon",
        "abnormal",
        "unsuccess"
    };

    /** These have the stem of an end in them, and say that there was none. */
    private static final String[] NO_ENDS = {"notfinish", "unfinish", "notcomplete", "incomplete"};

    private static final String[] LIMITS = {
        "length",
        "maxlen",
        "maxtoken",
        "maxoutput",
        "maxnew",
        "maxcontext",
        "maxseq",
        "maxtotal",
        "maxcompletion",
        "maxtool",
        "toolong",
        "limit",
        "context",
        "truncat",
        "exceed",
        "maximum",
        "budget"
    };

    private static final String[] ENDS = {
        "stop",
        "eostoken",
        "eottoken",
        "endof",
        "endturn",
        "turnend",
        "complete",
        "finish",
        "success",
        "succeed",
        "normal",
        "natural",
        // the model is through, and wants tools to be called
        "toolcall",
        "tooluse",
        "functioncall"
    };

    /** These are too short for stems. */
    private static final Set<String> SHORT_ENDS =
            Set.of("end", "eos", "eot", "done", "imend", "eotid");

    /**
     * @param reason in the provider's words
     * @return null if that is no reason, although some providers send it with each piece
     */
    static @Nullable ModelEnd of(@Nullable String reason) {
        if (reason == null) {
            return null;
        }
        return switch (reason) { // OpenAI's own words come with nearly every answer
            case "stop" -> STOP;
            case "length" -> LENGTH;
            case "content_filter" -> CONTENT_FILTER;
            case "" -> null;
            default -> recognised(reason);
        };
    }

    private static @Nullable ModelEnd recognised(String reason) {
        if (reason.length() > LONGEST) {
            return UNKNOWN;
        }
        String word = letters(reason);
        if (reason.isBlank() || NO_REASONS.contains(word)) {
            return null;
        }
        if (has(word, FILTERS)) {
            return CONTENT_FILTER;
        }
        if (word.equals(ERROR_LIMIT)) {
            return LENGTH;
        }
        if (has(word, FAILURES)) {
            return BROKEN;
        }
        if (has(word, LIMITS)) {
            return LENGTH;
        }
        boolean end = SHORT_ENDS.contains(word) || (has(word, ENDS) && !has(word, NO_ENDS));
        return end ? STOP : UNKNOWN;
    }

    /** The lower-case letters alone, without the prefix that enums have. */
    private static String letters(String reason) {
        StringBuilder letters = new StringBuilder(reason.length());
        reason.toLowerCase(Locale.ROOT)
                .chars()
                .filter(Character::isLetter)
                .forEach(each -> letters.append((char) each));
        String word = letters.toString();
        return PREFIX.matcher(word).replaceFirst("");
    }

    private static boolean has(String word, String[] stems) {
        for (String stem : stems) {
            if (word.contains(stem)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Gateways add an end of their own after the model's, which must not hide why it was cut; and a
     * word that nobody here knows takes nothing back.
     */
    ModelEnd or(ModelEnd later) {
        boolean cut = this == LENGTH || this == CONTENT_FILTER;
        return later == UNKNOWN || (cut && later == STOP) ? this : later;
    }

    /**
     * @param word the finish reason in the provider's words
     * @return the model's answer that ended so
     */
    ChatResponse response(String text, @Nullable String word, @Nullable TokenUsage usage) {
        AiMessage message =
                this == UNKNOWN && word != null
                        ? AiMessage.builder().text(text).attributes(Map.of(WORD, word)).build()
                        : AiMessage.from(text);
        return ChatResponse.builder()
                .aiMessage(message)
                .finishReason(finishReason())
                .tokenUsage(usage)
                .build();
    }

    /**
     * @return the finish reason that nobody here knows, in the provider's words, with nothing in it
     *     that is no word
     */
    static @Nullable String unknownIn(ChatResponse response) {
        Object word = response.aiMessage().attributes().get(WORD);
        return word instanceof String given
                ? given.substring(0, Math.min(LONGEST_SHOWN, given.length()))
                        .replaceAll("[^A-Za-z0-9_.:-]", "?")
                : null;
    }

    private FinishReason finishReason() {
        return switch (this) {
            case STOP -> FinishReason.STOP;
            case LENGTH -> FinishReason.LENGTH;
            case CONTENT_FILTER -> FinishReason.CONTENT_FILTER;
            case BROKEN, UNKNOWN -> FinishReason.OTHER;
        };
    }
}
