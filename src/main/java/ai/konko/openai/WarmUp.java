package ai.konko.openai;

/**
 * A request for no response yet: no model was asked, and the next request goes on from it as if it
 * had said all of it itself.
 *
 * @param beginning what the next request begins with
 */
record WarmUp(String id, Beginning beginning, long characters) implements Remembered {

    @Override
    public String toString() {
        return "WarmUp[id=" + id + "]";
    }
}
