package ai.konko.openai;

import ai.konko.chat.Message;
import ai.konko.openai.InputItem.Reference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.function.Predicate;

/**
 * Finds the items that requests refer to. Some clients send back only the ids of what they were
 * given.
 */
@Singleton
class References {
    private final Access access;
    private final ObjectMapper json;

    References(Access access, ObjectMapper json) {
        this.access = access;
        this.json = json;
    }

    /**
     * Finds all that a dialogue refers to. Items of what is continued are context anyway, if they
     * are not behind it.
     */
    Dialogue resolved(RoutingContext request, Dialogue input, Responses.Continued continued) {
        int last = continued.previous() == null ? Integer.MAX_VALUE : continued.previous().seq();
        return input.resolved(
                reference ->
                        find(
                                request,
                                reference,
                                message ->
                                        message.chatId().equals(continued.chatId())
                                                && message.seq() <= last));
    }

    /** The same of a dialogue that continues nothing. */
    Dialogue resolved(RoutingContext request, Dialogue input) {
        return input.resolved(reference -> find(request, reference, _ -> false));
    }

    private List<InputItem> find(
            RoutingContext request, Reference reference, Predicate<Message> known) {
        Access.FoundItem found = access.item(request, reference.id());
        return known.test(found.message())
                ? List.of()
                : InputReader.read(reference.path(), json.valueToTree(found.view()));
    }
}
