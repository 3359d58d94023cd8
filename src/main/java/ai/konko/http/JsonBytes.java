package ai.konko.http;

import ai.konko.chat.ChatLimits;

/**
 * A body that is parsed by whoever takes it, because an event loop may take it, and must not parse
 * a long one.
 */
public final class JsonBytes implements JsonBody {

    /** In bytes. To parse fewer takes less than to wake another thread would save. */
    private static final int LONG = 65_536;

    private final byte[] bytes;
    private final ChatLimits limits;

    JsonBytes(byte[] bytes, ChatLimits limits) {
        this.bytes = bytes;
        this.limits = limits;
    }

    /** Whether it takes long to parse, and to read what it has in base64. */
    public boolean isLong() {
        return bytes.length > LONG;
    }

    /**
     * @throws ai.konko.chat.RefusedException unless it is one JSON object of this type, and valid
     */
    public <T extends JsonBody> T as(Class<T> type) {
        return JsonBodyReader.valid(StrictJson.bind(StrictJson.object(bytes), type), limits);
    }

    /**
     * @throws ai.konko.chat.RefusedException unless it is one JSON object
     */
    public JsonText outlined() {
        return StrictJson.outlined(bytes);
    }

    @Override
    public String toString() {
        return "JsonBytes[" + bytes.length + "]";
    }
}
