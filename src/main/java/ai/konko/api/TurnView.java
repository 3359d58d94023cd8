package ai.konko.api;

import ai.konko.chat.Message;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** A user's message and the reply to it on the wire. */
@RegisterForReflection
record TurnView(MessageView message, MessageView reply) {

    static TurnView of(Message message, Message reply) {
        return new TurnView(MessageView.of(message), MessageView.of(reply));
    }
}
