package ai.konko.store.postgres;

import ai.konko.chat.Chat;
import ai.konko.chat.ChatRepository.CompletionQuery;
import ai.konko.chat.ChatRepository.Order;
import ai.konko.chat.Page;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The chats that were made for chat completions. */
final class CompletionRows {
    private CompletionRows() {}

    /** An owner's chats have growing ids. */
    static Page<Chat> list(Session session, CompletionQuery query) throws SQLException {
        boolean forward = query.order() == Order.ASC;
        StringBuilder sql =
                new StringBuilder(ChatRows.SELECT)
                        .append(
                                """
                                join message m on m.chat_id = c.id and m.seq = c.completion
                                where c.owner = ? and c.completion is not null
                                    and m.finish_reason not in ('CANCELLED', 'INTERRUPTED')
                                """);
        List<Object> parameters = new ArrayList<>(List.of(query.owner().name()));
        if (query.after() != null) {
            sql.append(forward ? " and c.id > ?" : " and c.id < ?");
            parameters.add(query.after());
        }
        if (query.model() != null) {
            sql.append(" and m.model = ?");
            parameters.add(query.model());
        }
        query.metadata()
                .forEach(
                        (key, value) -> {
                            sql.append(" and c.metadata ->> ?::text = ?");
                            parameters.addAll(List.of(key, value));
                        });
        sql.append(forward ? " order by c.id limit ?" : " order by c.id desc limit ?");
        parameters.add(query.limit() + 1);
        return Page.of(
                session.list(sql.toString(), ChatRows::of, parameters.toArray()), query.limit());
    }
}
