package ai.konko.chat;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a message consists of beside its text. The log keeps only these items; the texts between
 * them are the message's content, cut at their offsets, see {@link Items#withTexts}.
 *
 * <p>{@code offset} is how many UTF-16 units of the message's content come before the item.
 */
public sealed interface Item extends Sized {

    int offset();

    default Kind kind() {
        return switch (this) {
            case Text _ -> Kind.TEXT;
            case Image _ -> Kind.IMAGE;
            case File _ -> Kind.FILE;
            case Reasoning _ -> Kind.REASONING;
            case Call _ -> Kind.CALL;
            case Output _ -> Kind.OUTPUT;
            case Erased erased -> erased.was();
        };
    }

    /** The same item with other text before it. */
    default Item at(int other) {
        return switch (this) {
            case Text text -> new Text(other, text.text());
            case Image image -> new Image(other, image.url(), image.attached());
            case File file -> new File(other, file.attached());
            case Reasoning reasoning -> new Reasoning(other, reasoning.text());
            case Call call ->
                    new Call(
                            other,
                            call.callId(),
                            call.tool(),
                            call.arguments(),
                            call.status(),
                            call.output(),
                            call.completedAt());
            case Output output ->
                    new Output(other, output.callId(), output.output(), output.failed());
            case Erased erased -> new Erased(other, erased.was());
        };
    }

    /** A part of the content. It is made to be shown, and never kept. */
    record Text(int offset, String text) implements Item {
        @Override
        public long characters() {
            return text.length();
        }

        @Override
        public String toString() {
            return "Text[offset=" + offset + "]";
        }
    }

    /**
     * An image that a user shows the model.
     *
     * @param url http or https, as the client gave it; absent if the chat has its bytes
     * @param attached of which type it is, see {@link ImageType}; absent if it is elsewhere
     */
    record Image(int offset, @Nullable String url, @Nullable Attached attached) implements Item {
        public Image {
            boolean file = attached != null && attached.name() != null;
            if (file || (url == null) == (attached == null)) {
                throw new IllegalArgumentException("an image is here or elsewhere");
            }
        }

        public Image(int offset, String url) {
            this(offset, url, null);
        }

        @Override
        public long characters() {
            return attached != null ? attached.characters() : url == null ? 0 : url.length();
        }

        @Override
        public String toString() {
            return "Image[offset=" + offset + "]";
        }
    }

    /** A file that a user gives the model. */
    record File(int offset, Attached attached) implements Item {
        public File {
            if (attached.name() == null) {
                throw new IllegalArgumentException("a file has a name");
            }
        }

        public String name() {
            return Objects.requireNonNull(attached.name());
        }

        @Override
        public long characters() {
            return attached.characters();
        }

        @Override
        public String toString() {
            return "File[offset=" + offset + "]";
        }
    }

    /** What a provider tells of the model's thinking. It is never sent back to the model. */
    record Reasoning(int offset, String text) implements Item {
        @Override
        public long characters() {
            return text.length();
        }

        @Override
        public String toString() {
            return "Reasoning[offset=" + offset + "]";
        }
    }

    /**
     * The model wants a tool to be called, and what came of it.
     *
     * @param callId the provider's id, made unique within the chat
     * @param tool its name, as the model wrote it
     * @param arguments JSON, as the model wrote it, which need not be JSON at all
     * @param output what the tool gave, or why it failed; absent unless the call is completed or
     *     failed
     * @param completedAt when the call ended; absent while it is open
     */
    record Call(
            int offset,
            String callId,
            String tool,
            String arguments,
            CallStatus status,
            @Nullable String output,
            @Nullable Instant completedAt)
            implements Item {

        public Call {
            boolean open = status == CallStatus.OPEN;
            if (open != (completedAt == null) || (output != null) != status.hasOutput()) {
                throw new IllegalArgumentException("not a legal state of a call: " + status);
            }
        }

        /** A call that waits for its output, or that the model still writes. */
        public static Call open(int offset, String callId, String tool, String arguments) {
            return new Call(offset, callId, tool, arguments, CallStatus.OPEN, null, null);
        }

        /** Whether it waits for its output, or has waited until its chat went on. */
        boolean wasAsked() {
            return status != CallStatus.CANCELLED && status != CallStatus.INTERRUPTED;
        }

        /** The call's end; the first one counts. */
        Call ended(CallStatus end, @Nullable String with, Instant now) {
            return status == CallStatus.OPEN
                    ? new Call(offset, callId, tool, arguments, end, with, now)
                    : this;
        }

        @Override
        public long characters() {
            return (long) callId.length()
                    + tool.length()
                    + arguments.length()
                    + (output == null ? 0 : output.length());
        }

        @Override
        public String toString() {
            return "Call[callId=%s, status=%s]".formatted(callId, status);
        }
    }

    /**
     * What is left of an item that somebody has erased. It has no text and no name, and keeps the
     * item's place, so that the others keep theirs, and that the texts around it stay two. It is
     * never shown or sent.
     */
    record Erased(int offset, Kind was) implements Item {
        @Override
        public long characters() {
            return 0;
        }
    }

    /** What an item is, or was. */
    enum Kind {
        TEXT,
        IMAGE,
        FILE,
        REASONING,
        CALL,
        OUTPUT
    }

    /**
     * The output of a call of the reply before, as a client posted it.
     *
     * @param output may be empty
     * @param failed whether the output says why the tool failed
     */
    record Output(int offset, String callId, String output, boolean failed) implements Item {
        @Override
        public long characters() {
            return (long) callId.length() + output.length();
        }

        @Override
        public String toString() {
            return "Output[callId=" + callId + "]";
        }
    }
}
