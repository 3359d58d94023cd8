package ai.konko.openai;

import ai.konko.chat.Chat;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;

/** A chat as a conversation. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record ConversationView(String id, String object, long createdAt, Map<String, String> metadata) {

    static ConversationView of(Chat chat) {
        return new ConversationView(
                Ids.conversation(chat.id()),
                "conversation",
                chat.createdAt().getEpochSecond(),
                chat.settings().metadata());
    }

    @Override
    public String toString() {
        return "ConversationView[" + id + "]";
    }
}
