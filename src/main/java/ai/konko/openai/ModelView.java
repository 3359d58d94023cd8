package ai.konko.openai;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** A model that may be asked for. */
@RegisterForReflection
@JsonNaming(SnakeCaseStrategy.class)
record ModelView(String id, String object, long created, String ownedBy) {

    static ModelView of(String id) {
        return new ModelView(id, "model", 0, "provider");
    }
}
