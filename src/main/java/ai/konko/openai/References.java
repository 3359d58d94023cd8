package ai.konko.openai;

import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.http.AttachmentData;
import ai.konko.openai.InputItem.Reference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads what requests say, and finds the items that they refer to. Some clients send back only the
 * ids of what they were given.
 */
@Singleton
class References {
    /** How many items a request may refer to. */
    private static final int MOST = 1000;

    private final Access access;
    private final RepeatedOutputs repeats;
    private final ObjectMapper json;
    private final AttachmentData data;

    References(Access access, RepeatedOutputs repeats, ObjectMapper json, AttachmentData data) {
        this.repeats = repeats;
        this.access = access;
        this.json = json;
        this.data = data;
    }

    /**
     * @param given a list of messages and items, or the text of a user's message
     */
    Dialogue read(RoutingContext request, String parameter, @Nullable JsonNode given) {
        return Dialogue.of(parameter, given, files(request));
    }

    private InputFiles files(RoutingContext request) {
        return new InputFiles(request, access, data);
    }

    /**
     * Finds all that a dialogue refers to. Items of what is continued are context anyway, if they
     * are not behind it, and so are {@linkplain RepeatedOutputs repeated outputs}.
     */
    Dialogue resolved(RoutingContext request, Dialogue input, Responses.Continued continued) {
        Dialogue resolved =
                resolved(
                        input,
                        new Search(
                                request,
                                message ->
                                        message.chatId().equals(continued.chatId())
                                                && message.seq() <= continued.last()));
        return repeats.without(resolved, continued);
    }

    /** The same of a dialogue that continues nothing. */
    Dialogue resolved(RoutingContext request, Dialogue input) {
        return resolved(input, new Search(request, _ -> false));
    }

    private static Dialogue resolved(Dialogue input, Search search) {
        long references = input.items().stream().filter(Reference.class::isInstance).count();
        RequestParameters.require(
                references <= MOST,
                input.parameter(),
                "is supported with at most %d references to items".formatted(MOST));
        return input.resolved(search);
    }

    /** The search of one request, whose few characters may refer to many. */
    private final class Search implements Function<Reference, List<InputItem>> {
        private final RoutingContext request;
        private final Predicate<Message> known;

        /** Items that were read with others, because their messages were. */
        private final Map<String, Access.FoundItem> read = new HashMap<>();

        private final InputFiles files;
        private long characters;

        /**
         * @param known whether a message is context anyway
         */
        Search(RoutingContext request, Predicate<Message> known) {
            this.request = request;
            this.files = files(request);
            this.known = known;
        }

        @Override
        public List<InputItem> apply(Reference reference) {
            RequestParameters.require(
                    characters <= Page.MOST_CHARACTERS,
                    reference.path(),
                    "comes after references to more text than is supported in one request");
            Access.FoundItem found = read.remove(reference.id());
            if (found == null) {
                found = read(reference);
            }
            return known.test(found.message())
                    ? List.of()
                    : InputReader.read(reference.path(), json.valueToTree(found.view()), files);
        }

        /** An item that is referred to again is read and counted again. */
        private Access.FoundItem read(Reference reference) {
            Access.FoundItem found = access.item(request, reference.id());
            Message message = found.message();
            characters += message.characters();
            for (ItemView each : ItemView.of(message)) {
                if (!each.id().equals(found.view().id())) {
                    read.put(each.id(), new Access.FoundItem(message, each));
                }
            }
            return found;
        }
    }
}
