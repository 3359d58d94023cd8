package ai.konko.chat;

/**
 * What two processes that share a log know of each other, and nobody else does.
 *
 * @param asks proves who asks
 * @param answers proves who answers
 */
public record Pair(String asks, String answers) {
    @Override
    public String toString() {
        return "Pair";
    }
}
