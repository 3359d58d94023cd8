package ai.konko.assistant;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads values of a provider's answer from a parser that is fed with all of it. Providers differ in
 * how they write the same value.
 */
abstract class ProviderJson {
    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern COUNT = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,18})?");

    final JsonParser json;

    ProviderJson(JsonParser json) {
        this.json = json;
    }

    /** Goes on to the value of the next field, unless the object is at its end. */
    final boolean nextField() throws IOException {
        JsonToken next = json.nextToken();
        JsonToken last = next == JsonToken.FIELD_NAME ? json.nextToken() : next;
        if (last == JsonToken.NOT_AVAILABLE) { // the current token is the one before then
            throw ModelException.nonsense();
        }
        return next == JsonToken.FIELD_NAME;
    }

    /** Goes on to the next element, unless the array is at its end. */
    final boolean nextElement() throws IOException {
        return nextToken() != JsonToken.END_ARRAY;
    }

    /**
     * @return whether it has a value other than null, false, zero, empty, or only such values
     */
    final boolean something() throws IOException {
        boolean something = value();
        if (json.currentToken().isStructStart()) {
            for (int depth = 1; depth > 0; ) {
                depth += depth(nextToken());
                something |= value();
            }
        }
        return something;
    }

    private boolean value() throws IOException {
        return switch (json.currentToken()) {
            case VALUE_STRING -> json.getTextLength() > 0;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getDoubleValue() != 0;
            case VALUE_TRUE -> true;
            default -> false;
        };
    }

    private JsonToken nextToken() throws IOException {
        JsonToken next = json.nextToken();
        if (next == null || next == JsonToken.NOT_AVAILABLE) {
            throw ModelException.nonsense();
        }
        return next;
    }

    private static int depth(JsonToken token) {
        return token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    }

    /**
     * Reads a text. Some providers have a number or a boolean in its place, which is read as text.
     */
    final @Nullable String string() throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (!json.currentToken().isScalarValue()) {
            throw ModelException.nonsense();
        }
        return json.getText();
    }

    /** Reads a text, or a value of any other kind as the JSON that it is. */
    final @Nullable String stringOrJson() throws IOException {
        if (!json.currentToken().isStructStart()) {
            return string();
        }
        StringWriter copied = new StringWriter();
        try (JsonGenerator copy = JSON.createGenerator(copied)) {
            copy.copyCurrentEventExact(json);
            for (int depth = 1; depth > 0; ) {
                depth += depth(nextToken());
                copy.copyCurrentEventExact(json);
            }
        }
        return copied.toString();
    }

    /** Reads a whole number. Some providers give it as a fraction or in quotes. */
    final @Nullable Integer count() throws IOException {
        return switch (json.currentToken()) {
            case VALUE_NUMBER_INT ->
                    json.getNumberType() == JsonParser.NumberType.INT
                            ? json.getIntValue()
                            : Integer.MAX_VALUE;
            case VALUE_NUMBER_FLOAT, VALUE_STRING -> count(json.getText());
            default -> {
                json.skipChildren();
                yield null;
            }
        };
    }

    private static @Nullable Integer count(String number) {
        return COUNT.matcher(number).matches()
                ? (int) Math.min(Double.parseDouble(number), Integer.MAX_VALUE)
                : null;
    }

    final void require(JsonToken expected) {
        if (json.currentToken() != expected) {
            throw ModelException.nonsense();
        }
    }
}
