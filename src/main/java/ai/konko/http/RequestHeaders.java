package ai.konko.http;

import ai.konko.chat.ErrorCode;
import ai.konko.chat.RefusedException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The headers that choose how a request is answered. */
public final class RequestHeaders {
    private static final Pattern KEY = Pattern.compile("[\\x20-\\x7E]{1,255}");

    /** A parameter in quotes; no parameter that is known here needs quotes. */
    private static final Pattern QUOTED_PARAMETER =
            Pattern.compile(";[^;,\"\\\\]*+\"(?:[^\"\\\\]|\\\\.)*+\"");

    private static final Pattern AROUND_A_DELIMITER =
            Pattern.compile("(?<![ \t])[ \t]*+([;,])[ \t]*+");
    private static final Pattern EMPTY_ELEMENTS = Pattern.compile("^,+|,+$|,+(?=,)");

    private RequestHeaders() {}

    /**
     * Rewrites the headers of media types in the plainest way, without blanks, quotes and empty
     * elements. RFC 9110, 5.6, allows those, but RESTEasy does not understand them.
     */
    static void tidy(HttpServerRequest request) {
        MultiMap headers = request.headers();
        List<String> accept = headers.getAll(HttpHeaders.ACCEPT);
        tidy(headers, HttpHeaders.ACCEPT, accept.isEmpty() ? null : String.join(",", accept));
        tidy(headers, HttpHeaders.CONTENT_TYPE, headers.get(HttpHeaders.CONTENT_TYPE));
    }

    private static void tidy(MultiMap headers, CharSequence name, @Nullable String value) {
        if (value == null || isTidy(value)) {
            return;
        }
        CharSequence tidy = tidy(value);
        if (tidy.isEmpty()) {
            headers.remove(name);
        } else {
            headers.set(name, tidy);
        }
    }

    private static boolean isTidy(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (" \t\",".indexOf(value.charAt(i)) >= 0) {
                return false;
            }
        }
        return !value.isEmpty();
    }

    private static String tidy(String value) {
        String bare = QUOTED_PARAMETER.matcher(value).replaceAll("").strip();
        String tight = AROUND_A_DELIMITER.matcher(bare).replaceAll("$1");
        return EMPTY_ELEMENTS.matcher(tight).replaceAll("");
    }

    /**
     * @return whether the client asks for an answer before the turn is over (RFC 7240, 4.1)
     */
    public static boolean respondAsync(HttpServerRequest request) {
        if (!request.headers().contains("Prefer")) { // few clients send it
            return false;
        }
        return values(request, "Prefer").stream()
                .flatMap(value -> List.of(value.split(",")).stream())
                .map(preference -> preference.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .anyMatch("respond-async"::equals);
    }

    /**
     * @throws RefusedException {@link ErrorCode#BAD_HEADER} unless it is one of 1 to 255 printable
     *     ASCII characters
     */
    public static @Nullable String idempotencyKey(HttpServerRequest request) {
        List<String> keys = values(request, "Idempotency-Key");
        if (keys.isEmpty()) {
            return null;
        }
        if (keys.size() > 1 || !KEY.matcher(keys.getFirst()).matches()) {
            throw RefusedException.of(
                    ErrorCode.BAD_HEADER,
                    "Idempotency-Key must be one of 1 to 255 printable ASCII characters.");
        }
        return keys.getFirst();
    }

    /**
     * @return the offered type that the client prefers; the first one on a tie, and if it has no
     *     preference
     * @throws RefusedException {@link ErrorCode#NOT_ACCEPTABLE} if it accepts none of them
     */
    public static MediaType preferred(HttpServerRequest request, MediaType... offered) {
        MediaType best = offered[0];
        List<String> accept = values(request, HttpHeaders.ACCEPT);
        if (accept.isEmpty()) {
            return best;
        }
        List<MediaType> acceptable = acceptable(accept);
        for (MediaType each : offered) {
            if (quality(acceptable, each) > quality(acceptable, best)) {
                best = each;
            }
        }
        if (quality(acceptable, best) <= 0) {
            throw RefusedException.of(
                    ErrorCode.NOT_ACCEPTABLE, "There is no answer of an acceptable type.");
        }
        return best;
    }

    /** The quality of the most specific range that includes the type (RFC 9110, 12.5.1). */
    private static double quality(List<MediaType> acceptable, MediaType type) {
        double quality = 0;
        int specific = -1;
        for (MediaType range : acceptable) {
            int how = range.isWildcardType() ? 0 : range.isWildcardSubtype() ? 1 : 2;
            if (range.isCompatible(type) && how > specific) {
                specific = how;
                quality = q(range);
            }
        }
        return quality;
    }

    private static double q(MediaType range) {
        String q = range.getParameters().get("q");
        try {
            return q == null ? 1 : Double.parseDouble(q);
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    /** A range that is no media type is skipped. */
    private static List<MediaType> acceptable(List<String> accept) {
        List<MediaType> types = new ArrayList<>();
        for (String each : String.join(",", accept).split(",", -1)) {
            try {
                types.add(MediaType.valueOf(each));
            } catch (IllegalArgumentException _) {
                // the other ranges may be valid
            }
        }
        return types;
    }

    /** All values of a header, in their order. */
    public static List<String> values(HttpServerRequest request, CharSequence name) {
        return request.headers().getAll(name);
    }
}
