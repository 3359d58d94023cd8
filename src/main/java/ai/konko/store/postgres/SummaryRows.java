package ai.konko.store.postgres;

import ai.konko.chat.Highlights;
import ai.konko.chat.MemorySummary;
import ai.konko.chat.RefusedException;
import ai.konko.chat.Usage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The summaries of what chats' windows have left out. They go with the chat's row. */
final class SummaryRows {
    private SummaryRows() {}

    /** See {@link ai.konko.chat.ChatRepository#summaries}. */
    static List<MemorySummary> newest(Session session, UUID chatId, int before, int most)
            throws SQLException {
        List<MemorySummary> found =
                session.list(
                        """
                        select through_seq, content, model, asked, input_tokens, output_tokens, cached_tokens,
                            reasoning_tokens, created_at
                        from summary where chat_id = ? and through_seq < ? order by through_seq desc limit ?
                        """,
                        SummaryRows::of,
                        chatId,
                        before,
                        most);
        return MessageRows.requireChat(session, chatId, found);
    }

    private static MemorySummary of(ResultSet row) throws SQLException {
        return new MemorySummary(
                row.getInt("through_seq"),
                row.getString("content"),
                row.getString("model"),
                Columns.usage(row),
                row.getBoolean("asked"),
                Columns.instant(row, "created_at"));
    }

    static MemorySummary.Basis basis(Session session, UUID chatId) throws SQLException {
        int through =
                session.first(
                                "select summarized from chat where id = ?",
                                row -> row.getInt(1),
                                chatId)
                        .orElseThrow(RefusedException::chatNotFound);
        Highlights kept = ChatRows.highlights(session, chatId).orElse(null);
        return new MemorySummary.Basis(through, Highlights.erasuresOf(kept));
    }

    /**
     * @param now when it is kept
     */
    static MemorySummary keep(Session session, UUID chatId, MemorySummary summary, Instant now)
            throws SQLException {
        Usage usage = summary.usage();
        session.update(
                """
                insert into summary (chat_id, through_seq, content, model, asked, input_tokens, output_tokens,
                    cached_tokens, reasoning_tokens, created_at)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                chatId,
                summary.throughSeq(),
                summary.text(),
                summary.model(),
                summary.asked(),
                tokens(usage, Usage::inputTokens),
                tokens(usage, Usage::outputTokens),
                tokens(usage, Usage::cachedInputTokens),
                tokens(usage, Usage::reasoningTokens),
                now);
        session.update("update chat set summarized = ? where id = ?", summary.throughSeq(), chatId);
        return summary.at(now);
    }

    private static @Nullable Long tokens(
            @Nullable Usage usage, Function<Usage, @Nullable Long> kind) {
        return usage == null ? null : kind.apply(usage);
    }

    /** Removes the summaries that take in this message. */
    static void forget(Session session, ChatRows.Locked chat, int seq) throws SQLException {
        UUID chatId = chat.end().chatId();
        if (chat.summarized() < seq) {
            return;
        }
        session.update("delete from summary where chat_id = ? and through_seq >= ?", chatId, seq);
        session.update(
                """
                update chat set summarized = coalesce(
                    (select max(through_seq) from summary where chat_id = ?), 0)
                where id = ?
                """,
                chatId,
                chatId);
    }
}
