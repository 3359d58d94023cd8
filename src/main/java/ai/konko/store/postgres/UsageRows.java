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
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Usage as rows. */
final class UsageRows {
    /**
     * Adds what the source has, which has a row's columns without the model's limit. A chat and day
     * have the model's name if they have it already or have room for one more; else the name that
     * stands for all others.
     */
    private static final String ADD =
            """
            insert into usage as u (chat_id, model, day, owner, turns, input_tokens, output_tokens)
            select s.chat_id,
                case when exists (select from usage n where n.chat_id = s.chat_id and n.model = s.model and n.day = s.day)
                    or (select count(*) from usage n where n.chat_id = s.chat_id and n.day = s.day) < %d
                    then s.model else '%s' end,
                s.day, s.owner, s.turns, s.input_tokens, s.output_tokens
            from (%%s) as s (chat_id, model, day, turns, input_tokens, output_tokens, owner)
            on conflict (chat_id, model, day) do update set turns = u.turns + excluded.turns,
                input_tokens = u.input_tokens + excluded.input_tokens,
                output_tokens = u.output_tokens + excluded.output_tokens
            """
                    .formatted(DailyUsage.MOST_MODELS, DailyUsage.OTHER);

    private static final String ADD_OF_A_CHAT =
            ADD.formatted(
                    """
                    select c.id, ?::text, ?::date, ?::bigint, ?::bigint, ?::bigint, c.owner
                    from chat c where c.id = ?""");

    private static final String ADD_BESIDE_CHATS =
            ADD.formatted(
                    "values (?::uuid, ?::text, ?::date, ?::bigint, ?::bigint, ?::bigint, ?::text)");

    /**
     * Adds turns that have ended.
     *
     * @param ended a relation of them with {@code chat_id}, {@code asked} (the model; null for
     *     those that are not counted), {@code day}, {@code input} and {@code output}
     */
    static String adding(String ended) {
        return ADD.formatted(
                """
                select e.chat_id, e.asked, e.day, 1, coalesce(e.input, 0), coalesce(e.output, 0), c.owner
                from %s e join chat c on c.id = e.chat_id where e.asked is not null"""
                        .formatted(ended));
    }

    private UsageRows() {}

    /** Counts a turn that has ended. */
    static void add(
            Session session, UUID chatId, @Nullable String model, Outcome outcome, Instant now)
            throws SQLException {
        if (model == null || !outcome.countsAsUse()) {
            return;
        }
        Usage usage = DailyUsage.orNone(outcome.usage());
        LocalDate day = DailyUsage.dayOf(now);
        session.update(
                ADD_OF_A_CHAT, model, day, 1L, usage.inputTokens(), usage.outputTokens(), chatId);
    }

    /** Counts what was used beside all chats, as that of a chat whose id is made of the owner. */
    static int add(Session session, DailyUsage used) throws SQLException {
        return session.update(
                ADD_BESIDE_CHATS,
                UUID.nameUUIDFromBytes(used.owner().name().getBytes(StandardCharsets.UTF_8)),
                used.model(),
                used.day(),
                used.turns(),
                used.usage().inputTokens(),
                used.usage().outputTokens(),
                used.owner().name());
    }

    /** Moves the usage of a chat that is deleted to an id that nobody knows. */
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
                select owner, told as model, day, sum(turns)::bigint as turns,
                    sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens
                from (
                    select owner, day, sum(turns) as turns, sum(input_tokens) as input_tokens,
                        sum(output_tokens) as output_tokens,
                        case when row_number() over (partition by owner, day
                            order by model = '%2$s', sum(turns) desc, model) <= %1$d then model else '%2$s' end as told
                    from usage where day between ? and ? %3$s group by owner, model, day) as models
                group by owner, told, day order by day, owner collate "C", told collate "C" limit ?
                """
                        .formatted(
                                DailyUsage.MOST_MODELS,
                                DailyUsage.OTHER,
                                query.owner() == null ? "" : "and owner = ?"),
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
