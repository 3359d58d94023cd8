#!/usr/bin/env bash
# What the statements of a turn write, in an empty database of a PostgreSQL 18 or newer that nobody else uses:
#   src/bench/rows.sh 'host=localhost user=postgres dbname=empty' ['drop index …']
# Set full_page_writes = off and autovacuum = off there, so that the log shows the work alone. Replies end long after they began, as they do while models write. The second argument is tried on the tables first.
set -euo pipefail
cd "$(dirname "$0")/../.."
database=$1
clients=16

sql() { psql -qAtX "$database" -v ON_ERROR_STOP=1 "$@"; }

for file in $(ls src/main/resources/db/migration/V*.sql | sort -V); do sql -f "$file"; done
sql -c 'drop index if exists message_text' -c "${2:-select}" -c "
  insert into chat (id, owner, title, metadata, created_at, updated_at)
  select ('00000000-0000-7000-8000-' || lpad(to_hex(c), 12, '0'))::uuid, 'o', 'a title', '{}', now(), now()
  from generate_series(1, 2000) c" -c 'vacuum analyze' -c checkpoint

script=$(mktemp)
trap 'rm "$script"' EXIT
chat() { echo "('00000000-0000-7000-8000-' || lpad(to_hex(:$1::int), 12, '0'))::uuid"; }
cat >"$script" <<END
\\set k :k + 1
\\set c :client_id * 125 + mod(:k, 125) + 1
\\set e :client_id * 125 + mod(:k + 25, 125) + 1
begin;
select message_count as n from chat where id = $(chat c) for no key update \\gset
insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at) values
  ($(chat c), :n::int + 1, uuidv7(), repeat(md5(random()::text), 3), 'COMPLETED', 1, now(), now()),
  ($(chat c), :n::int + 2, uuidv7(), '', null, 1, now(), null);
insert into pending (chat_id, seq, reply_id, attempt, streamed, since) values ($(chat c), :n::int + 2, uuidv7(), 1, true, now());
update chat set message_count = :n::int + 2, last_id = uuidv7(), waiting = false, updated_at = clock_timestamp() where id = $(chat c);
update pending set run = run + 1, owner = $(chat client_id), model = 'gpt-4o-mini' where chat_id = $(chat c) and seq = :n::int + 2;
commit;
begin;
select message_count as m from chat where id = $(chat e) for no key update \\gset
delete from pending where chat_id = $(chat e) and seq = :m::int;
update message set content = (select string_agg(md5(random()::text), ' ') from generate_series(1, 8 + :e::int % 24)),
  status = 'COMPLETED', completed_at = now(), model = 'gpt-4o-mini', finish_reason = 'STOP', input_tokens = 10, output_tokens = 20
  where chat_id = $(chat e) and seq = :m::int;
update chat set updated_at = greatest(updated_at, clock_timestamp()), input_tokens = coalesce(input_tokens + 10, 10),
  output_tokens = coalesce(output_tokens + 20, 20) where id = $(chat e);
insert into usage as u (chat_id, model, day, owner, turns, input_tokens, output_tokens)
  values ($(chat e), 'gpt-4o-mini', current_date, 'o', 1, 10, 20)
  on conflict (chat_id, model, day) do update set turns = u.turns + excluded.turns,
    input_tokens = u.input_tokens + excluded.input_tokens, output_tokens = u.output_tokens + excluded.output_tokens;
commit;
END

before=$(sql -c 'select pg_current_wal_insert_lsn()')
pgbench -n -c $clients -j 2 -M prepared -t 800 -D k=0 -f "$script" "$database" | grep -E 'tps|processed'
sleep 2 # until the sessions' counts are in
sql -c "select 'write-ahead log a turn: ' || round((pg_current_wal_insert_lsn() - '$before') / (800.0 * $clients)) || ' bytes'"
sql -c "
  select relname || ': ' || round(100.0 * n_tup_hot_upd / greatest(n_tup_upd, 1), 1) || ' % of changes in place, '
    || pg_table_size(relid) / 1024 || ' kB, indexes ' || pg_indexes_size(relid) / 1024 || ' kB'
  from pg_stat_user_tables where n_tup_upd > 0 order by 1"
