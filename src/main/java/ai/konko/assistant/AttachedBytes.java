package ai.konko.assistant;

import java.util.Map;
import java.util.Set;

/**
 * Where a prompt's attachments are. They are read when the request is written, because they are
 * large and a prompt is kept while the model writes.
 */
@FunctionalInterface
interface AttachedBytes {
    AttachedBytes NONE = _ -> Map.of();

    /**
     * @param ids not empty
     * @return the bytes of those that are there; not to be changed
     */
    Map<String, byte[]> read(Set<String> ids);
}
