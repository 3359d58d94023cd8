package ai.konko.assistant;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Passes an answer on as it comes, and looks at it on the way: at what it has used, and at how it
 * ends. An event of a stream that reports an error, or can't be read, is not passed on, nor is
 * anything after it.
 *
 * <p>A stream is whole once all choices have a finish reason, as {@link StreamedAnswer} says of
 * one.
 */
final class PassedReader implements AnswerReader {
    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream";

    /** Media types that are passed on as they are. */
    private static final Pattern TYPES =
            Pattern.compile(
                    "(?i)(?:application/(?:[a-z.-]+\\+)?json|text/event-stream)(?: *; *charset=\"?utf-8\"?)?");

    private final boolean generates;
    private final int choices;
    private final PassedAnswer answer;
    private final boolean countsAdded;
    private final Runnable first;
    private final RawEvents events;
    private final EventStream parsed;
    private final JsonGlance glance = new JsonGlance();

    private @Nullable Flow flow;
    private @Nullable String type;
    private boolean begun;
    private boolean streamed;

    /** Whether an event of the stream says something. */
    private boolean said;

    /** How many choices have ended. */
    private int ended;

    /** Whether the model went on after that. */
    private boolean goesOn;

    private Progress progress = Progress.NONE;
    private boolean wanted;
    private @Nullable ModelException broken;

    /**
     * @param countsAdded whether the stream was asked for its usage, which the client has not done;
     *     then the event that has nothing else is not for the client
     * @param first is run when a stream's first event comes
     */
    PassedReader(
            PassedRequest request,
            PassedAnswer answer,
            boolean countsAdded,
            AnswerBounds bounds,
            Runnable first) {
        this.generates = request.resource().generates();
        this.choices = request.choices(); // the request is not kept, because it has the whole body
        this.answer = answer;
        this.countsAdded = countsAdded;
        this.first = first;
        this.events = new RawEvents(bounds.bytes());
        this.parsed = new EventStream(bounds.bytes());
    }

    @Override
    public void begin(HttpClientResponse response, Flow from) {
        flow = from;
        type = response.getHeader(HttpHeaders.CONTENT_TYPE);
    }

    @Override
    public boolean explains() {
        return true;
    }

    @Override
    public Progress read(Buffer part) {
        if (!begun) {
            begin(part);
        }
        if (!streamed) {
            glance.read(EventStream.bytes(part));
            pass(part);
            return Progress.NONE;
        }
        progress = Progress.NONE;
        pass(events.read(part, this::isWanted));
        if (broken != null) {
            throw broken;
        }
        return progress;
    }

    private void pass(Buffer part) {
        answer.add(part, said, Objects.requireNonNull(flow));
    }

    /** No line of a stream of events begins like an object. */
    private void begin(Buffer part) {
        for (int i = 0; i < part.length() && !begun; i++) {
            byte unit = part.getByte(i);
            if (unit > ' ') { // a byte order mark is not: its bytes are negative
                begun = true;
                streamed = unit != '{';
                answer.is(type(), streamed);
            }
        }
    }

    /** What the provider says, if it is what came. */
    private String type() {
        boolean fits =
                type != null
                        && TYPES.matcher(type).matches()
                        && type.toLowerCase(Locale.ROOT).contains("json") != streamed;
        return fits && type != null ? type : streamed ? EVENTS : JSON;
    }

    private boolean isWanted(ByteBuffer event) {
        wanted = broken == null && progress != Progress.WHOLE;
        if (wanted) {
            parsed.readOne(event, this::look);
        }
        return wanted;
    }

    private void look(ByteBuffer data) {
        if (data.hasRemaining() && data.get(data.position()) == '{') {
            glance.begin();
            glance.read(data);
            note();
            return;
        }
        String word = StandardCharsets.UTF_8.decode(data.duplicate()).toString().strip();
        if (word.equals(StreamedAnswer.DONE)) {
            if (isOver()) {
                progress = Progress.WHOLE;
            } else {
                breakOff(ModelException.brokeOff());
            }
        } else if (!StreamedAnswer.NOTHING.contains(word)) {
            breakOff(ModelException.nonsense());
        }
    }

    private void note() {
        if (!glance.isWhole() || glance.failed()) {
            breakOff(glance.failed() ? ModelException.reported() : ModelException.nonsense());
            return;
        }
        if (!said) {
            said = true;
            first.run();
        }
        boolean over = ended >= choices;
        goesOn |= over && glance.spoke();
        ended += glance.reasons();
        wanted = !(countsAdded && glance.onlyCounts());
        progress = finished() && !glance.spoke() ? Progress.ENDING : Progress.TOKEN;
    }

    /** What comes after the end does not matter, if it can't be read and so is no more text. */
    private void breakOff(ModelException why) {
        wanted = false;
        if (finished()) {
            progress = Progress.WHOLE;
        } else {
            broken = why;
        }
    }

    /** Whether the stream may end now. */
    private boolean isOver() {
        return ended > 0 || !generates;
    }

    @Override
    public void end() {
        if (!begun) {
            throw ModelException.nonsense();
        }
        if (!streamed) {
            requireWhole();
            return;
        }
        pass(events.rest(this::isWanted));
        if (broken != null) {
            throw broken;
        }
        if (!isOver()) {
            throw ModelException.brokeOff();
        }
    }

    private void requireWhole() {
        if (!glance.isWhole()) {
            throw ModelException.nonsense();
        }
        if (glance.failed() && !answer.begun().isDone()) {
            throw ModelException.reported();
        }
    }

    @Override
    public boolean finished() {
        return generates && ended >= choices && !goesOn;
    }

    @Override
    public int held() {
        return events.held() + answer.held();
    }

    /** Whether the client can have got anything of the answer. */
    boolean hasPassed() {
        return answer.begun().isDone();
    }

    /**
     * @return how the answer ended and what it has used, without what it says
     */
    ChatResponse response() {
        ModelEnd end = ModelEnd.of(glance.reason());
        return (end == null ? ModelEnd.STOP : end).response("", glance.reason(), usage());
    }

    private @Nullable TokenUsage usage() {
        byte[] usage = glance.usage();
        if (usage == null) {
            return null;
        }
        try {
            String event = "{\"usage\":" + new String(usage, StandardCharsets.UTF_8) + "}";
            byte[] bytes = event.getBytes(StandardCharsets.UTF_8);
            return Chunk.parse(ByteBuffer.wrap(bytes)).usage();
        } catch (ModelException _) {
            return null; // it is no usage then
        }
    }
}
