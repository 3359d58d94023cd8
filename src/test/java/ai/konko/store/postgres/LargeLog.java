package ai.konko.store.postgres;

import ai.konko.bench.Vocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * Writes a log as years of use leave it, straight into the tables, with all that the search looks
 * in. Chats go on beside each other, so that the rows of one lie between those of others. Any two
 * logs have chats of the same lengths, which repeat after {@value #PATTERN} chats.
 */
final class LargeLog {
    /** Chats that have {@value #PATTERN_MESSAGES} messages in all. */
    static final int PATTERN = 2500;

    static final int PATTERN_MESSAGES = 50_000;

    /** The larger the number, the fewer chats it has; the first has a fifth of all. */
    static final int OWNERS = 20;

    /** Turns that have it, in each log. */
    static final int RARE = 20;

    static final String RARE_WORD = "zugzwang";

    /** Chats that turns are added to at the same time. */
    private static final int OPEN = 500;

    private static final String MESSAGE_COLUMNS =
            """
            message (chat_id, seq, id, content, status, attempt, created_at, completed_at,
                model, finish_reason, input_tokens, output_tokens)
            """;

    private static final String CHAT_COLUMNS =
            """
            chat (id, owner, title, metadata, message_count, last_id, input_tokens, output_tokens,
                created_at, updated_at)
            """;

    private static final String SEARCHED =
            """
            insert into searched (chat_id, seq, text, owner)
            select m.chat_id, m.seq, konko_folded(m.content) || chr(894) || konko_folded(r.content),
                konko_owner_number(c.owner)
            from message m join message r on r.chat_id = m.chat_id and r.seq = m.seq + 1 join chat c on c.id = m.chat_id
            where m.seq % 2 = 1
            """;

    private static final String USED =
            """
            insert into usage (chat_id, model, day, owner, turns, input_tokens, output_tokens)
            select id, 'gpt-4o-mini', created_at::date, owner, message_count / 2, input_tokens, output_tokens
            from chat
            """;

    private static final Duration YEARS = Duration.ofDays(3 * 365);
    private static final int SAID = 90;
    private static final int ANSWERED = 380;

    private final String url;
    private final int chats;
    private final Random random = new Random(28);
    private final Vocabulary vocabulary;
    private final int[] turns = lengths();
    private final Instant begin = Instant.now().truncatedTo(ChronoUnit.DAYS).minus(YEARS);
    private int ids;

    /** A chat that is being written. */
    private final class Open {
        private final int number;
        private final UUID id;
        private int written;
        private UUID last;

        private Open(int number) {
            this.number = number;
            this.id = chat(number);
            this.last = id;
        }

        private boolean isWhole() {
            return written == turns[number % PATTERN];
        }
    }

    /**
     * @param url of a database with our tables, which are empty
     * @param messages a multiple of {@value #PATTERN_MESSAGES}
     */
    LargeLog(String url, int messages) throws IOException {
        this.url = url;
        this.chats = messages / PATTERN_MESSAGES * PATTERN;
        this.vocabulary = Vocabulary.english(random);
    }

    Vocabulary vocabulary() {
        return vocabulary;
    }

    int chats() {
        return chats;
    }

    /** The turns of each chat: most are short, a few are long. */
    private static int[] lengths() {
        int[] turns = new int[PATTERN];
        int all = 0;
        for (int i = 0; i < PATTERN; i++) {
            double place = (i * 0.6180339887498949 + 0.5 / PATTERN) % 1;
            turns[i] = (int) Math.min(400, Math.max(1, 4 * Math.pow(1 - place, -0.55)));
            all += turns[i];
        }
        for (int i = 0; all != PATTERN_MESSAGES / 2; i = (i + 1) % PATTERN) {
            int step = Integer.signum(PATTERN_MESSAGES / 2 - all);
            if (turns[i] + step > 0) {
                turns[i] += step;
                all += step;
            }
        }
        return turns;
    }

    static String owner(int number) {
        return "owner" + number;
    }

    private static int ownerOf(int chat) {
        double place = (chat * 0.7548776662466927) % 1;
        return (int) (OWNERS * place * place);
    }

    private Instant time(int chat) {
        return begin.plusMillis(YEARS.toMillis() * chat / chats);
    }

    /** The id of the chat with this number, from 0. */
    UUID chat(int number) {
        return new UUID(time(number).toEpochMilli() << 16 | 0x7000, Long.MIN_VALUE | number);
    }

    private UUID nextId(Instant at) {
        return new UUID(at.toEpochMilli() << 16 | 0x7000, Long.MIN_VALUE | 1L << 40 | ids++);
    }

    /** Fills the tables. The indexes are made afterwards, because that is quicker. */
    void write() throws SQLException, IOException {
        try (Connection first = connection();
                Connection second = connection();
                Statement statement = first.createStatement()) {
            List<String> indexes = dropped(statement);
            try (PGCopyOutputStream messages = into(first, MESSAGE_COLUMNS);
                    PGCopyOutputStream rows = into(second, CHAT_COLUMNS)) {
                writeChats(messages, rows);
            }
            statement.execute(SEARCHED);
            statement.execute(USED);
            for (String index : indexes) {
                statement.execute(index);
            }
            statement.execute("vacuum (analyze, freeze)");
            statement.execute("checkpoint");
        }
    }

    /** Triggers do nothing there. */
    private Connection connection() throws SQLException {
        Connection connection =
                DriverManager.getConnection(
                        "jdbc:" + url, TestPostgres.user(), TestPostgres.password());
        try (Statement statement = connection.createStatement()) {
            statement.execute("set session_replication_role = replica");
            statement.execute("set maintenance_work_mem = '1GB'");
            statement.execute("set work_mem = '256MB'");
        }
        return connection;
    }

    private static List<String> dropped(Statement statement) throws SQLException {
        List<String> names = new ArrayList<>();
        List<String> indexes = new ArrayList<>();
        try (ResultSet found =
                statement.executeQuery(
                        """
                        select indexrelid::regclass, pg_get_indexdef(indexrelid) from pg_index
                        where indrelid in ('chat'::regclass, 'message'::regclass, 'searched'::regclass)
                            and not indisprimary
                        """)) {
            while (found.next()) {
                names.add(found.getString(1));
                indexes.add(found.getString(2));
            }
        }
        for (String name : names) {
            statement.execute("drop index " + name);
        }
        return indexes;
    }

    private static PGCopyOutputStream into(Connection connection, String columns)
            throws SQLException {
        return new PGCopyOutputStream(
                connection.unwrap(PGConnection.class), "copy " + columns + " from stdin", 1 << 16);
    }

    private void writeChats(PGCopyOutputStream messages, PGCopyOutputStream rows)
            throws IOException {
        List<Open> open = new ArrayList<>();
        int begun = 0;
        while (begun < chats || !open.isEmpty()) {
            while (begun < chats && open.size() < OPEN) {
                open.add(new Open(begun++));
            }
            int at = random.nextInt(open.size());
            Open chat = open.get(at);
            writeTurn(messages, chat, time(begun));
            if (chat.isWhole()) {
                open.set(at, open.getLast());
                open.removeLast();
                writeChat(rows, chat, time(begun));
            }
        }
    }

    private void writeTurn(PGCopyOutputStream out, Open chat, Instant now) throws IOException {
        int seq = 2 * chat.written++ + 1;
        String said = vocabulary.text(random, length(SAID));
        boolean rare = chat.number % (chats / RARE) == 7 && seq == 1;
        String answer = vocabulary.text(random, length(ANSWERED)) + (rare ? " " + RARE_WORD : "");
        UUID first = nextId(now);
        chat.last = nextId(now);
        row(out, chat.id, seq, first, said, "COMPLETED", 1, now, now, "\\N", "\\N", "\\N", "\\N");
        row(
                out,
                chat.id,
                seq + 1,
                chat.last,
                answer,
                "COMPLETED",
                1,
                now,
                now,
                "gpt-4o-mini",
                "STOP",
                900,
                90);
    }

    /** Most are shorter than the mean, some much longer. */
    private int length(int mean) {
        return (int) (1 + mean * 0.6 * Math.exp(random.nextGaussian()));
    }

    private void writeChat(PGCopyOutputStream out, Open chat, Instant now) throws IOException {
        int turnsOf = chat.written;
        row(
                out,
                chat.id,
                owner(ownerOf(chat.number)),
                vocabulary.text(random, 20),
                "{}",
                2 * turnsOf,
                chat.last,
                900 * turnsOf,
                90 * turnsOf,
                time(chat.number),
                now);
    }

    private static void row(PGCopyOutputStream out, Object... values) throws IOException {
        StringBuilder line = new StringBuilder();
        for (Object each : values) {
            line.append(line.isEmpty() ? "" : "\t").append(each);
        }
        out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }
}
