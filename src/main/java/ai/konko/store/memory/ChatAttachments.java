package ai.konko.store.memory;

import ai.konko.chat.Admission;
import ai.konko.chat.Attachment;
import ai.konko.chat.ChatLimits;
import ai.konko.chat.RefusedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The attachments of one chat, and its part of what all of them may take. Not safe for use by
 * several threads: its {@link ChatLog}'s lock guards it.
 */
final class ChatAttachments {
    private final ChatLimits limits;
    private final Budget bytes;
    private Map<String, Attachment> kept = Map.of();
    private long held;

    ChatAttachments(ChatLimits limits, Budget bytes) {
        this.limits = limits;
        this.bytes = bytes;
    }

    /**
     * Takes room for those that the chat does not have.
     *
     * @return those, to be {@linkplain #keep kept}, or {@linkplain #leave left}
     */
    List<Attachment> admit(Map<String, Attachment> brought) {
        List<Attachment> fresh = new ArrayList<>();
        for (Attachment each : brought.values()) {
            if (!kept.containsKey(each.as().id())) {
                fresh.add(each);
            }
        }
        if (!fresh.isEmpty()) {
            Admission.requireRoomForAttachments(kept.size(), fresh.size(), limits);
            bytes.take(size(fresh));
        }
        return fresh;
    }

    void keep(List<Attachment> fresh) {
        if (!fresh.isEmpty()) {
            Map<String, Attachment> all = new HashMap<>(kept);
            fresh.forEach(each -> all.put(each.as().id(), each));
            kept = all;
            held += size(fresh);
        }
    }

    /** Gives the room back, because what brought them was refused. */
    void leave(List<Attachment> fresh) {
        bytes.giveBack(size(fresh));
    }

    /**
     * Drops those of these that no message names any more.
     *
     * @param named gives the ids of those that messages name; asked for at most once
     */
    void drop(Set<String> ids, Supplier<Set<String>> named) {
        if (ids.isEmpty()) {
            return;
        }
        Set<String> still = named.get();
        List<Attachment> gone =
                kept.values().stream()
                        .filter(each -> ids.contains(each.as().id()))
                        .filter(each -> !still.contains(each.as().id()))
                        .toList();
        Map<String, Attachment> rest = new HashMap<>(kept);
        gone.forEach(each -> rest.remove(each.as().id()));
        held -= size(gone);
        bytes.giveBack(size(gone));
        kept = rest;
    }

    /** The chat is deleted. */
    void remove() {
        bytes.giveBack(held);
        kept = Map.of();
    }

    private static long size(Collection<Attachment> all) {
        return all.stream().mapToLong(each -> each.as().size()).sum();
    }

    Attachment get(String id) {
        @Nullable Attachment found = kept.get(id);
        if (found == null) {
            throw RefusedException.attachmentNotFound();
        }
        return found;
    }

    Map<String, byte[]> bytes(Set<String> ids) {
        Map<String, byte[]> found = new HashMap<>();
        for (String each : ids) {
            Attachment attachment = kept.get(each);
            if (attachment != null) {
                found.put(each, attachment.bytes());
            }
        }
        return found;
    }
}
