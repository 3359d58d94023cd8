package ai.konko.http;

/** A request's body, read by {@link JsonBodyReader}. */
public interface JsonBody {}
