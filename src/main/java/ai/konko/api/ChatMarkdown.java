package ai.konko.api;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.Role;
import ai.konko.chat.Sized;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A whole chat as Markdown, written page by page so that a long one costs no more memory than a
 * short one.
 */
final class ChatMarkdown {
    static final String MEDIA_TYPE = "text/markdown";
    private static final int PAGE = 100;

    private ChatMarkdown() {}

    /**
     * @param after the seq of the last message before; null from the start
     */
    static Page<Message> page(UUID chatId, ChatRepository repository, @Nullable Integer after) {
        return repository.messages(chatId, new MessageQuery(PAGE, Order.ASC, after));
    }

    /**
     * @param first the chat's first page
     * @param room says whether there is room for so many characters in place of those of the page
     *     before
     */
    static StreamingOutput of(
            Chat chat, Page<Message> first, ChatRepository repository, LongPredicate room) {
        return output -> {
            Writer writer = new OutputStreamWriter(output, StandardCharsets.UTF_8);
            String title = chat.settings().title();
            writer.write(
                    "# "
                            + (title == null ? "Chat " + chat.id() : title.replaceAll("\\R", " "))
                            + "\n");
            Page<Message> page = first;
            write(page, writer);
            while (page.more()) {
                page = page(chat.id(), repository, page.items().getLast().seq());
                if (!room.test(Sized.characters(page.items()))) {
                    return; // the connection is closed
                }
                write(page, writer);
            }
            writer.flush();
        };
    }

    private static void write(Page<Message> page, Writer writer) throws IOException {
        for (Message message : page.items()) {
            writer.write(
                    "\n## %s · %s\n\n"
                            .formatted(who(message), JsonTimes.wire(message.createdAt())));
            writer.write(
                    message.content().isEmpty() ? "_" + instead(message) + "_" : message.content());
            writer.write('\n');
        }
    }

    private static String who(Message message) {
        return message.role() == Role.USER ? "User" : "Assistant";
    }

    private static String instead(Message message) {
        return switch (message.status()) {
            case QUEUED, IN_PROGRESS -> "The reply is not here yet.";
            case COMPLETED, INCOMPLETE -> "The reply was cancelled.";
            case FAILED -> "The reply failed.";
        };
    }
}
