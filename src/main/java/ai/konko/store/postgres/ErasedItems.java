package ai.konko.store.postgres;

import ai.konko.chat.Admission;
import ai.konko.chat.Erasure;
import ai.konko.chat.Message;
import ai.konko.chat.Turn;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Erases items of messages, each call in the transaction of its session. */
final class ErasedItems {
    private final MessageRows messages;

    ErasedItems(MessageRows messages) {
        this.messages = messages;
    }

    Message erase(Session session, UUID chatId, UUID messageId, int attempt, Set<Integer> places)
            throws SQLException {
        ChatRows.Locked chat = ChatRows.lock(session, chatId);
        int seq = messages.get(session, chatId, messageId).seq();
        Admission.requireIdle(PendingRows.line(session, chatId));
        List<Turn> turns = messages.around(session, chatId, seq);
        List<Message> erased = Erasure.of(turns, messageId, attempt, places);
        boolean waits = chat.waiting();
        for (Message each : erased) {
            TurnRows.updateErased(session, each);
            waits = each.seq() == chat.end().seq() ? each.waits() : waits;
        }
        AttachmentRows.drop(session, chatId, Erasure.attachments(turns, erased));
        ChatRows.erased(session, chat, waits);
        SummaryRows.forget(session, chat, erased.getFirst().seq());
        return messages.get(session, chatId, messageId);
    }
}
