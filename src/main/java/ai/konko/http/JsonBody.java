package ai.konko.http;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.RefusedException.Violation;
import java.util.List;

/** A request's body, read by {@link JsonBodyReader}. */
public interface JsonBody {

    /**
     * @return the rules that the body's fields break; those that need more than the body are
     *     checked elsewhere
     */
    default List<Violation> broken(ChatLimits limits) {
        return List.of();
    }
}
