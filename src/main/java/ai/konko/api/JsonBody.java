package ai.konko.api;

/** What a client sends as JSON: read by {@link JsonBodyReader}, strictly. */
public sealed interface JsonBody permits ChatBody, ChatPatchBody, PostBody, JsonTree {}
