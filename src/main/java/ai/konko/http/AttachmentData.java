package ai.konko.http;

import ai.konko.chat.Attached;
import ai.konko.chat.Attachment;
import ai.konko.chat.ErrorCode;
import ai.konko.chat.ImageType;
import ai.konko.chat.RefusedException;
import jakarta.inject.Singleton;
import java.util.Base64;
import java.util.UUID;

/** Attachments as bodies of requests have them: in base64 (RFC 4648, section 4). */
@Singleton
public class AttachmentData {
    /** How long four characters are that stand for three bytes. */
    private static final int QUARTET = 4;

    private final int mostBytes;

    AttachmentData(HttpLimits limits) {
        this.mostBytes = Math.toIntExact(limits.attachmentSize().asLongValue());
    }

    /**
     * @param field the name of the base64
     * @throws RefusedException {@link ErrorCode#INVALID} if it is none, too long, or no such image
     */
    public Attachment image(String field, ImageType type, String base64) {
        byte[] bytes = bytes(field, base64);
        if (!type.begins(bytes)) {
            throw RefusedException.invalid(field, "is no image of type " + type.mediaType());
        }
        return Attachment.of(type.mediaType(), null, bytes);
    }

    /**
     * @param field the name of the base64
     * @param mediaType well-formed
     * @param name that a file may have
     * @throws RefusedException {@link ErrorCode#INVALID} if it is no base64, or too long
     */
    public Attachment file(String field, String mediaType, String name, String base64) {
        return Attachment.of(mediaType, name, bytes(field, base64));
    }

    private byte[] bytes(String field, String base64) {
        if (base64.length() / QUARTET * 3L > mostBytes + 2L) {
            throw tooLarge(field);
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException _) {
            throw RefusedException.invalid(field, "must be base64");
        }
        if (bytes.length == 0) {
            throw RefusedException.invalid(field, "must not be empty");
        }
        if (bytes.length > mostBytes) {
            throw tooLarge(field);
        }
        return bytes;
    }

    private RefusedException tooLarge(String field) {
        return RefusedException.invalid(field, "must have at most %d bytes".formatted(mostBytes));
    }

    /** Where the bytes of a chat's attachment can be read. */
    public static String address(UUID chatId, Attached attached) {
        return "/chats/%s/attachments/%s".formatted(chatId, attached.id());
    }
}
