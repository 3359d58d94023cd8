package ai.konko.store.memory;

import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.SearchText;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A search of one owner's chats, or of one chat's messages. It may look through all of their texts,
 * and turns must not wait for it: so it lets other virtual threads go first again and again, and
 * once it has worked for some time, it rests for as long as it works. Not safe for use by several
 * threads.
 */
final class ChatSearch {
    /** How long it works without a rest, in nanoseconds. */
    private static final long SPRINT = 50_000_000;

    private final SearchText searched;
    private long worked;
    private long since = System.nanoTime();

    /** How much it has looked at since it rested. */
    private long sinceRest;

    ChatSearch(String text) {
        searched = SearchText.of(text);
    }

    boolean finds(@Nullable String title, ChatLog log) {
        rest();
        if (title != null && searched.isIn(title)) {
            return true;
        }
        if (log.draftHas(searched, this::rest)) {
            return true; // looked at first: if it is over meanwhile, it is among the texts
        }
        return log.texts().stream().anyMatch(this::isIn);
    }

    /**
     * @return messages that had the text when the search began, and have it when they are read
     */
    Page<Message> messages(MessageQuery query, ChatLog log) {
        List<StoredText> texts = log.texts();
        return Transcript.page(
                query, texts.size(), seq -> isIn(texts.get(seq - 1)) ? still(log.at(seq)) : null);
    }

    /** It may have been erased, or run again, since its text was looked at. */
    private @Nullable Message still(Message message) {
        return message.status().terminal() && isIn(new StoredText.OfMessage(message))
                ? message
                : null;
    }

    private boolean isIn(StoredText text) {
        if (text.has(searched, this::rest)) {
            return true;
        }
        sinceRest += text.length();
        if (sinceRest >= StoredText.PORTION) {
            rest();
            sinceRest = 0;
        }
        return false;
    }

    /** Is called after some microseconds of work, or up to a millisecond. */
    @SuppressWarnings("ThreadPriorityCheck") // the virtual threads that wait go first
    private void rest() {
        long portion = System.nanoTime() - since;
        worked += portion;
        if (worked > SPRINT) {
            LockSupport.parkNanos(portion);
        } else {
            Thread.yield();
        }
        since = System.nanoTime();
    }
}
