package ai.konko.assistant;

import ai.konko.chat.DraftContent;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer that comes as a stream of chunks. All text that came with one read is given out at
 * once, to a {@link DraftWriter}, as is what comes beside it; never half of a surrogate pair, also
 * if what comes right after it breaks the answer off. What was given out is not kept.
 *
 * <p>The reply is whole once a finish reason came in a chunk without text; what comes after it can
 * only add the usage. Some providers send a reason with every chunk, so one beside text is the end
 * only if no text follows: if the answer ends then, or nothing more comes in time. Once text has
 * followed a reason, only the answer's proper end is one.
 *
 * <p>A server that does not stream may answer with a whole completion. Its text is in the response.
 */
final class StreamedAnswer implements AnswerReader {
    static final String DONE = "[DONE]";

    /** Events without content. */
    static final Set<String> NOTHING = Set.of("", "null", "[]");

    private final AnswerBounds bounds;
    private final DraftWriter out;
    private final EventStream events;

    private final AnswerText text;

    /** How many UTF-16 units have come. */
    private long came;

    /** All of the answer, if nobody takes it piece by piece. */
    private final @Nullable DraftContent kept;

    /** The answer, if it turns out to be no stream. */
    private @Nullable WholeAnswer unstreamed;

    private boolean begun;

    /** Whether the text comes in messages and not in deltas; only one of them is the reply's. */
    private boolean messages;

    private boolean spoken;
    private @Nullable ModelEnd end;
    private @Nullable String finishReason;
    private @Nullable TokenUsage usage;

    /** Whether a reason came that was not the end. */
    private boolean goesOn;

    /** Whether nothing but the usage can come. */
    private boolean ended;

    private Progress progress = Progress.NONE;

    /**
     * @param out takes a stream, piece by piece; and what an answer that is none has beside its
     *     text
     */
    StreamedAnswer(AnswerBounds bounds, DraftWriter out) {
        this(bounds, out, null);
    }

    private StreamedAnswer(AnswerBounds bounds, DraftWriter out, @Nullable DraftContent kept) {
        this.bounds = bounds;
        this.out = out;
        this.text = new AnswerText(out);
        this.kept = kept;
        this.events = new EventStream(bounds.bytes());
    }

    /** An answer that is of use only as a whole: all of it is in the response. */
    static StreamedAnswer kept(AnswerBounds bounds) {
        return kept(bounds, _ -> {});
    }

    /**
     * The same, for somebody who wants the pieces too.
     *
     * @param pieces takes the text of a stream, piece by piece
     */
    static StreamedAnswer kept(AnswerBounds bounds, Consumer<String> pieces) {
        DraftContent all = new DraftContent();
        int most = Math.min(bounds.bytes(), bounds.characters()); // nobody else bounds this text
        DraftWriter out =
                new DraftWriter(
                        all,
                        new CallIds(1, Set.of()),
                        most,
                        () -> {
                            throw ModelException.tooLong();
                        });
        out.textsGoBy(
                piece -> {
                    all.text(piece);
                    pieces.accept(piece);
                });
        return new StreamedAnswer(new AnswerBounds(bounds.bytes(), most), out, all);
    }

    @Override
    public Progress read(Buffer part) {
        progress = Progress.NONE;
        if (!begun) {
            begin(part);
        }
        if (unstreamed != null) {
            return unstreamed.read(part);
        }
        try {
            events.read(part, this::event);
        } catch (ModelException unusable) {
            requireEnded(unusable);
        } finally {
            text.giveOut(progress == Progress.WHOLE);
            if (progress == Progress.WHOLE) {
                out.end();
            }
        }
        return progress;
    }

    /** No line of a stream of events begins like an object. */
    private void begin(Buffer part) {
        for (int i = 0; i < part.length() && !begun; i++) {
            byte unit = part.getByte(i);
            if (unit > ' ') { // a byte order mark is not: its bytes are negative
                begun = true;
                unstreamed = unit == '{' ? new WholeAnswer(bounds.bytes()) : null;
            }
        }
    }

    /** What comes after the end does not matter, if it can't be read and so is no more text. */
    private void requireEnded(ModelException unusable) {
        if (!finished()) {
            throw unusable;
        }
        progress = Progress.WHOLE;
    }

    private void event(ByteBuffer data) {
        if (progress == Progress.WHOLE || isWord(data)) {
            return;
        }
        Chunk chunk = Chunk.parse(data);
        boolean more = add(chunk);
        if (chunk.usage() != null) {
            usage = ProviderUsage.fuller(usage, chunk.usage());
        }
        ModelEnd reason = chunk.end();
        if (reason == ModelEnd.BROKEN) {
            breakOff();
            return;
        }
        if (more) {
            progress = Progress.TOKEN;
            spoken = true;
            ended = false;
            goesOn |= end != null;
            if (came > bounds.characters()) {
                throw ModelException.tooLong();
            }
        }
        if (reason != null) {
            ended |= !more && spoken && !goesOn && end == null;
            end = end == null ? reason : end.or(reason);
            finishReason = chunk.finishReason();
        }
        if (ended) {
            progress = Progress.ENDING;
        }
    }

    /**
     * Whether the event is a word and no chunk: one that keeps the connection alive, or the end.
     */
    private boolean isWord(ByteBuffer data) {
        if (data.hasRemaining() && data.get(data.position()) == '{') {
            return false;
        }
        String word = StandardCharsets.UTF_8.decode(data.duplicate()).toString().strip();
        if (word.equals(DONE)) {
            requireFinished();
            progress = Progress.WHOLE;
            return true;
        }
        return NOTHING.contains(word);
    }

    /**
     * @return whether the model has written more
     */
    private boolean add(Chunk chunk) {
        ChunkExtras extras = chunk.extras();
        if (extras != null && !(extras.wholeReasoning() && text.thought())) {
            text.think(extras.reasoning());
            came += extras.reasoning().length();
        }
        boolean again = chunk.whole() != messages && !chunk.text().isEmpty() && text.spoken();
        if (!again) { // else it says again what was said
            messages = chunk.text().isEmpty() ? messages : chunk.whole();
            text.speak(chunk.text());
            came += chunk.text().length();
        }
        if (extras != null && !extras.calls().isEmpty()) {
            text.giveOut(true);
            extras.calls().forEach(each -> came += each.arguments().length());
            out.calls(extras.calls());
        }
        return chunk.token() && !again;
    }

    private void breakOff() {
        if (!ended && !text.spoken() && !out.hasCalls()) {
            throw ModelException.reported();
        }
        end = ended ? end : ModelEnd.BROKEN;
        progress = Progress.WHOLE;
    }

    /** The answer has failed: what was held back of it is given out. */
    void failed() {
        out.end();
    }

    @Override
    public void end() {
        if (unstreamed != null) {
            unstreamed.end();
            return;
        }
        try {
            events.end(this::event);
        } catch (ModelException unusable) {
            requireEnded(unusable);
        } finally {
            text.giveOut(true);
            out.end();
        }
        requireFinished();
    }

    private void requireFinished() {
        if (end == null) {
            throw ModelException.brokeOff();
        }
    }

    @Override
    public boolean finished() {
        return end != null && !goesOn;
    }

    @Override
    public int held() {
        if (unstreamed != null) {
            return unstreamed.held();
        }
        long held = kept == null ? text.held() + (long) out.held() : came;
        return (int) Math.min(events.held() + held, Integer.MAX_VALUE);
    }

    /**
     * @return the end of the answer, and its text unless that was given out in pieces
     */
    ChatResponse response() {
        if (unstreamed != null) {
            out.keep(unstreamed.answer().extras());
            return unstreamed.response();
        }
        return Objects.requireNonNull(end)
                .response(kept == null ? "" : kept.text().toString(), finishReason, usage);
    }

    /**
     * @return the end of an answer that is of use as a whole, and all of it as LangChain4j has it
     */
    ChatResponse wholeResponse() {
        ChatResponse response = response();
        if (kept == null) {
            return response;
        }
        if (unstreamed != null) {
            out.whole(response.aiMessage().text());
        }
        return PlainTools.with(kept.items(), response);
    }
}
