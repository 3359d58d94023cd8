package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository.Order;
import java.util.UUID;

/**
 * Looks for a text in one chat. It reads the chat's rows in {@code searched} by their key, in the
 * list's order, and looks for the text in a way that the trigrams can't serve: so it costs as much
 * as the chat is long, whatever other chats have, and less if the text is frequent. Turns that are
 * not in that table, and those of before it, are looked through themselves. See {@code
 * V10__search_beside.sql}.
 */
final class FoundMessages {
    /**
     * The first messages that have the text. Each row of {@code searched} leads to one at least.
     * Only the one in which the last page has ended may have none left, so one row more is read.
     */
    private static final String FIRST =
            """
            select hit.seq, hit.content, hit.items_length from (
                (select s.seq from searched s
                    where s.chat_id = ? and s.seq %1$s= ? and strpos(s.text, (select konko_folded(?))) > 0
                    order by s.seq %2$s limit ?)
                union select u.seq from unsearched u where u.chat_id = ? and u.seq %1$s= ?
                union select b.seq from message b
                    where b.chat_id = ? and b.seq %1$s= ? and mod(b.seq, 2) = 1
                        and (b.chat_id, b.seq) >= (select next_chat, next_seq from search_progress)
                order by 1 %2$s) as turn (seq)
            cross join lateral (
                select m.seq, m.content, m.items_length from message m
                where m.chat_id = ? and m.seq between turn.seq and turn.seq + 1 and m.seq %1$s ?
                    and strpos(konko_folded(m.content), (select konko_folded(?))) > 0
                limit 2) as hit
            order by turn.seq %2$s, hit.seq %2$s limit ?
            """;

    /** Their places are found first, so that no plan reads the messages in between. */
    private static final String CONDITION =
            "m.seq = any (array(select seq " + MessageRows.SEQS + ")) order by m.seq %1$s";

    private static final String FORWARD = CONDITION.formatted("asc", FIRST.formatted(">", "asc"));
    private static final String BACKWARD =
            CONDITION.formatted("desc", FIRST.formatted("<", "desc"));

    private FoundMessages() {}

    /** A condition on {@code m}, with an order. */
    static String condition(Order order) {
        return order == Order.ASC ? FORWARD : BACKWARD;
    }

    /**
     * @param after only messages that come after this seq in the order
     * @param most how many
     * @param mostBytes see {@link MessageRows#SEQS}
     * @return those of the condition
     */
    static Object[] parameters(UUID chatId, int after, String text, int most, long mostBytes) {
        return new Object[] {
            chatId, after, text, most + 1, chatId, after, chatId, after, chatId, after, text, most,
            mostBytes
        };
    }
}
