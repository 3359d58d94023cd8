package ai.konko.openai;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** Something that was deleted. */
@RegisterForReflection
record DeletedView(String id, String object, boolean deleted) {}
