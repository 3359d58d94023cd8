package ai.konko.http;

import ai.konko.chat.ChatLimits;
import ai.konko.chat.RefusedException.Violation;
import java.util.List;

/** A request's body, read by {@link JsonBodyReader}. */
public interface JsonBody {

    /**
     * @return the rules that the body breaks, of those that its fields tell by themselves
     */
    default List<Violation> broken(ChatLimits limits) {
        return List.of();
    }
}
