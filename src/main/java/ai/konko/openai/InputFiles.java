package ai.konko.openai;

import ai.konko.chat.Attached;
import ai.konko.chat.Attachment;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.ImageType;
import ai.konko.chat.RefusedException;
import ai.konko.http.AttachmentData;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.ext.web.RoutingContext;
import java.net.URLConnection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the images and files of one request, whose bytes come with it in base64, or are here
 * already and named by the address that {@link ItemView} gave them.
 */
final class InputFiles {
    /** How many bytes a request may name by their addresses, each counted once. */
    private static final long MOST_BYTES = 64L << 20;

    /** The beginning of a URL that has the bytes itself (RFC 2397). */
    private static final Pattern DATA =
            Pattern.compile("(?i)data:([^,;]{1,255})(?:;[^,;]{1,255}){0,9}?;base64,");

    private static final Pattern KEPT =
            Pattern.compile("/chats/([0-9a-f-]{36})/attachments/([0-9a-f]{64})");

    /** For bytes of which nobody says what they are (RFC 2046, 4.5.1). */
    private static final String ANY_BYTES = "application/octet-stream";

    private static final String UNNAMED = "file";

    private final RoutingContext request;
    private final Access access;
    private final AttachmentData data;

    /** By the addresses that name them. */
    private final Map<String, Attachment> known = new HashMap<>();

    private long bytes;

    InputFiles(RoutingContext request, Access access, AttachmentData data) {
        this.request = request;
        this.access = access;
        this.data = data;
    }

    /**
     * @return null if it is elsewhere
     * @throws RefusedException {@link ErrorCode#INVALID} if it is no such image, too large, or not
     *     the caller's
     */
    @Nullable Attachment image(String field, String url) {
        Attachment kept = kept(field, url);
        if (kept != null) { // perhaps as a file
            ImageType type = known(field, ImageType.of(kept.bytes()));
            return kept.as(type.mediaType(), null);
        }
        Matcher start = DATA.matcher(url);
        if (!start.lookingAt()) {
            return null;
        }
        ImageType type = known(field, ImageType.of(start.group(1)));
        return data.image(field, type, url.substring(start.end()));
    }

    private static ImageType known(String field, Optional<ImageType> type) {
        return type.orElseThrow(
                () -> RefusedException.invalid(field, "must be a PNG, JPEG, GIF or WebP image"));
    }

    /**
     * @param at where in the request it is
     * @throws RefusedException {@link ErrorCode#UNSUPPORTED} if it is elsewhere, {@link
     *     ErrorCode#INVALID} if it is no file, too large, or not the caller's
     */
    Attachment file(String at, JsonNode file) {
        RequestParameters.nothing(at + ".file_id", file.get("file_id"));
        JsonNode name = RequestParameters.orMissing(file.get("filename"));
        if (!name.isMissingNode() && !(name.isTextual() && Attached.isName(name.textValue()))) {
            throw RefusedException.invalid(at + ".filename", "is no name that a file can have");
        }
        String named = name.asText(UNNAMED);
        JsonNode url = RequestParameters.orMissing(file.get("file_url"));
        if (!url.isMissingNode()) {
            Attachment kept = url.isTextual() ? kept(at + ".file_url", url.textValue()) : null;
            if (kept == null) {
                throw RefusedException.unsupported(at + ".file_url", "is not supported here");
            }
            return kept.as(kept.as().mediaType(), named);
        }
        String field = at + ".file_data";
        String given = RequestParameters.wellFormed(field, file.path("file_data"));
        Matcher start = DATA.matcher(given);
        if (!start.lookingAt()) {
            String guessed = URLConnection.guessContentTypeFromName(named);
            return data.file(field, guessed == null ? ANY_BYTES : guessed, named, given);
        }
        String type = start.group(1);
        if (!Attached.isMediaType(type)) {
            throw RefusedException.invalid(field, "has no media type");
        }
        return data.file(field, type, named, given.substring(start.end()));
    }

    private @Nullable Attachment kept(String field, String url) {
        Matcher matcher = KEPT.matcher(url);
        if (!matcher.matches()) {
            return null;
        }
        Attachment before = known.get(url);
        return before == null ? read(field, url, matcher.group(1), matcher.group(2)) : before;
    }

    private Attachment read(String field, String url, String chat, String id) {
        RequestParameters.require(
                bytes <= MOST_BYTES,
                field,
                "comes after more images and files by address than is supported in one request");
        Attachment found;
        try {
            found = access.attachment(request, UUID.fromString(chat), id);
        } catch (IllegalArgumentException _) {
            throw unknown(field);
        } catch (RefusedException refused) {
            throw refused.code() == ErrorCode.NOT_FOUND ? unknown(field) : refused;
        }
        bytes += found.as().size();
        known.put(url, found);
        return found;
    }

    private static RefusedException unknown(String field) {
        return RefusedException.invalid(field, "names nothing that is here");
    }

    @Override
    public String toString() {
        return "InputFiles[]";
    }
}
