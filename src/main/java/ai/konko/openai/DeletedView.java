package ai.konko.openai;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** What is gone. */
@RegisterForReflection
record DeletedView(String id, String object, boolean deleted) {}
