package ai.konko.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/** Items to add. */
@RegisterForReflection
record ItemsBody(@Nullable JsonNode items) {

    @Override
    public String toString() {
        return "ItemsBody[]";
    }
}
