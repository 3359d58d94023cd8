package ai.konko.store.postgres;

import ai.konko.chat.ChatRepository.UsageQuery;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.Outcome;
import ai.konko.chat.Owner;
import ai.konko.chat.Usage;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What chats have used, as rows. */
final class UsageRows {
    private UsageRows() {}

    /** Counts a turn that has ended. */
    static void add(
            Session session, UUID chatId, @Nullable String model, Outcome outcome, Instant now)
            throws SQLException {
        if (model == null || !outcome.countsAsUse()) {
            return;
        }
        Usage usage = outcome.usage() == null ? Usage.NONE : outcome.usage();
        session.update(
                """
                insert into usage as u (chat_id, model, day, owner, turns, input_tokens, output_tokens)
                select c.id, ?, ?, c.owner, 1, ?, ? from chat c where c.id = ?
                on conflict (chat_id, model, day) do update set turns = u.turns + 1,
                    input_tokens = u.input_tokens + excluded.input_tokens,
                    output_tokens = u.output_tokens + excluded.output_tokens
                """,
                model,
                LocalDate.ofInstant(now, ZoneOffset.UTC),
                usage.inputTokens(),
                usage.outputTokens(),
                chatId);
    }

    /**
     * Counts what was used beside all chats, in the place of a chat whose id stands for the owner.
     */
    static int add(Session session, DailyUsage used) throws SQLException {
        return session.update(
                """
                insert into usage as u (chat_id, model, day, owner, turns, input_tokens, output_tokens)
                values (?, ?, ?, ?, ?, ?, ?)
                on conflict (chat_id, model, day) do update set turns = u.turns + excluded.turns,
                    input_tokens = u.input_tokens + excluded.input_tokens,
                    output_tokens = u.output_tokens + excluded.output_tokens
                """,
                UUID.nameUUIDFromBytes(used.owner().name().getBytes(StandardCharsets.UTF_8)),
                used.model(),
                used.day(),
                used.owner().name(),
                used.turns(),
                used.usage().inputTokens(),
                used.usage().outputTokens());
    }

    /** Cuts the tie to a chat that is deleted. */
    static void detach(Session session, UUID chatId) throws SQLException {
        session.update(
                """
                with gone as (delete from usage where chat_id = ? returning *)
                insert into usage (chat_id, model, day, owner, turns, input_tokens, output_tokens)
                select ?, model, day, owner, turns, input_tokens, output_tokens from gone
                """,
                chatId,
                UUID.randomUUID());
    }

    static List<DailyUsage> list(Session session, UsageQuery query, int most) throws SQLException {
        List<Object> parameters = new ArrayList<>(List.of(query.from(), query.to()));
        if (query.owner() != null) {
            parameters.add(query.owner().name());
        }
        parameters.add(most);
        return session.list(
                """
                select owner, model, day, sum(turns)::bigint as turns, sum(input_tokens)::bigint as input_tokens,
                    sum(output_tokens)::bigint as output_tokens
                from usage where day between ? and ?
                """
                        + (query.owner() == null ? "" : "and owner = ? ")
                        + "group by owner, model, day order by day, owner collate \"C\", model collate \"C\" limit ?",
                row ->
                        new DailyUsage(
                                new Owner(row.getString("owner")),
                                row.getString("model"),
                                row.getObject("day", LocalDate.class),
                                row.getLong("turns"),
                                new Usage(
                                        row.getLong("input_tokens"), row.getLong("output_tokens"))),
                parameters.toArray());
    }
}
