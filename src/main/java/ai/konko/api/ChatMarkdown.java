package ai.konko.api;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository;
import ai.konko.chat.ChatRepository.MessageQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Item;
import ai.konko.chat.Items;
import ai.konko.chat.Message;
import ai.konko.chat.Page;
import ai.konko.chat.Role;
import ai.konko.chat.Sized;
import ai.konko.http.AttachmentData;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
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
            String text = message.items().isEmpty() ? message.content() : markdown(message);
            writer.write(text);
            if (saysNothing(message)) {
                writer.write((text.isEmpty() ? "_" : "\n\n_") + instead(message) + "_");
            }
            writer.write('\n');
        }
    }

    /** Whether there is no text and no other item that somebody has said. */
    private static boolean saysNothing(Message message) {
        return message.content().isEmpty()
                && message.items().stream()
                        .allMatch(
                                each ->
                                        each instanceof Item.Reasoning
                                                || each instanceof Item.Erased);
    }

    private static String markdown(Message message) {
        return Items.withTexts(message.content(), message.items()).stream()
                .filter(each -> !(each instanceof Item.Erased))
                .map(item -> markdown(item, message.chatId()))
                .collect(Collectors.joining("\n\n"));
    }

    private static String markdown(Item item, UUID chatId) {
        return switch (item) {
            case Item.Text text -> text.text();
            case Item.Image image ->
                    "![Image](<%s>)"
                            .formatted(
                                    image.attached() == null
                                            ? image.url()
                                            : AttachmentData.address(chatId, image.attached()));
            case Item.File file ->
                    "[%s](<%s>)"
                            .formatted(
                                    file.name().replaceAll("[\\[\\]\\\\]", "\\\\$0"),
                                    AttachmentData.address(chatId, file.attached()));
            case Item.Reasoning reasoning -> "> " + reasoning.text().replaceAll("\\R", "\n> ");
            case Item.Call call ->
                    "Calls `%s` (%s, %s):\n\n%s"
                            .formatted(
                                    call.tool(),
                                    call.callId(),
                                    call.status().wire(),
                                    fenced(call.arguments()));
            case Item.Output output ->
                    "%s of %s:\n\n%s"
                            .formatted(
                                    output.failed() ? "Failure" : "Output",
                                    output.callId(),
                                    fenced(output.output()));
            case Item.Erased _ -> "";
        };
    }

    /** The fence is longer than any in the text. */
    private static String fenced(String text) {
        String fence = "```";
        while (text.contains(fence)) {
            fence += "`";
        }
        return fence + "\n" + text + "\n" + fence;
    }

    private static String who(Message message) {
        return message.role() == Role.USER ? "User" : "Assistant";
    }

    private static String instead(Message message) {
        if (Items.erased(message.items()) > 0) {
            return "This was erased.";
        }
        return switch (message.status()) {
            case QUEUED, IN_PROGRESS -> "The reply is not here yet.";
            case COMPLETED, INCOMPLETE -> "The reply was cancelled.";
            case FAILED -> "The reply failed.";
        };
    }
}
