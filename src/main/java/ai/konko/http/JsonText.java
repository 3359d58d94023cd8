package ai.konko.http;

import ai.konko.JsonOutline;

/**
 * A JSON object that may be passed on as it came. Its fields are looked at one by one, by whoever
 * needs them, and read all together only if need be.
 */
public record JsonText(JsonOutline outline) implements JsonBody {

    /** The same, read as a whole. */
    public JsonTree tree() {
        byte[] bytes = outline.bytes();
        return JsonTree.of(bytes);
    }
}
