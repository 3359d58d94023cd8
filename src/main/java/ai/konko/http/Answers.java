package ai.konko.http;

/** What answers the messages of one client's WebSocket, one after the other. */
public interface Answers {

    /**
     * May take long. The next message comes when all of these events are sent.
     *
     * @return the events that answer this message
     * @throws ai.konko.chat.RefusedException if it is refused, which the client is told
     */
    ServerSentEvents to(JsonTree message);

    /** No more messages come. */
    void closed();
}
