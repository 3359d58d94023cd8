package ai.konko.api;

import ai.konko.chat.Attachment;
import ai.konko.chat.ImageType;
import ai.konko.chat.Item;
import ai.konko.chat.RefusedException;
import ai.konko.http.AttachmentData;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a post consists of: its text, and beside it outputs of calls, images and files.
 *
 * @param items the outputs first, as they were posted
 * @param attachments of the images and files that the post brings
 */
record PostContent(String text, List<Item> items, List<Attachment> attachments) {
    static final String CONTENT = "content";
    static final String MEDIA_TYPE = "mediaType";
    static final String DATA = "data";

    /**
     * Of a body that was checked, except for what is given in base64.
     *
     * @throws RefusedException if that can't be taken
     */
    static PostContent of(
            @Nullable JsonNode content, @Nullable JsonNode outputs, AttachmentData data) {
        if (outputs == null && content != null && content.isTextual()) {
            return new PostContent(content.textValue(), List.of(), List.of());
        }
        List<Item> items = outputs(outputs);
        if (content == null || content.isTextual()) {
            return new PostContent(content == null ? "" : content.textValue(), items, List.of());
        }
        StringBuilder text = new StringBuilder();
        List<Attachment> attachments = new ArrayList<>();
        for (int i = 0; i < content.size(); i++) {
            JsonNode part = content.get(i);
            String type = part.path("type").textValue();
            if ("text".equals(type)) {
                text.append(part.path("text").textValue());
            } else if (part.has("url")) {
                items.add(new Item.Image(text.length(), part.path("url").textValue()));
            } else {
                Attachment each = attachment("%s[%d].data".formatted(CONTENT, i), part, data);
                attachments.add(each);
                items.add(
                        "image".equals(type)
                                ? new Item.Image(text.length(), null, each.as())
                                : new Item.File(text.length(), each.as()));
            }
        }
        return new PostContent(text.toString(), items, attachments);
    }

    private static Attachment attachment(String field, JsonNode part, AttachmentData data) {
        String mediaType = part.path(MEDIA_TYPE).textValue();
        String base64 = part.path(DATA).textValue();
        return part.has("name")
                ? data.file(field, mediaType, part.path("name").textValue(), base64)
                : data.image(field, ImageType.of(mediaType).orElseThrow(), base64);
    }

    private static List<Item> outputs(@Nullable JsonNode outputs) {
        List<Item> items = new ArrayList<>();
        if (outputs != null) {
            for (JsonNode each : outputs) {
                items.add(
                        new Item.Output(
                                0,
                                each.path("callId").textValue(),
                                each.path("output").textValue(),
                                each.path("failed").booleanValue()));
            }
        }
        return items;
    }

    @Override
    public String toString() {
        return "PostContent[items=" + items.size() + "]";
    }
}
