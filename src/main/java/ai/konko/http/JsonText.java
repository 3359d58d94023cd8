package ai.konko.http;

import ai.konko.JsonOutline;

/**
 * A JSON object that may be passed on as it came. Its fields are looked at one by one, by whoever
 * needs them, and read all together only if need be.
 *
 * @param bytes of the whole body, in UTF-8; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record JsonText(byte[] bytes, JsonOutline outline) implements JsonBody {

    /** The same, read as a whole. */
    public JsonTree tree() {
        return JsonTree.of(StrictJson.object(bytes), bytes);
    }

    @Override
    public String toString() {
        return "JsonText[bytes=" + bytes.length + "]";
    }
}
