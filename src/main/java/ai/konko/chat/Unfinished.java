package ai.konko.chat;

/** A reply that is not over, as it stands in its chat's line. */
public interface Unfinished {
    /**
     * @return whether nobody runs it yet, so that cancelling ends it at once; else whoever runs it
     *     has to end it
     */
    boolean waits();
}
