-- A turn in two statements, each with a commit of its own: what PostgreSQL alone can do on this machine. For pgbench, on a database with the
-- service's tables and the chats of src/bench/rows.sh; 125 chats for each client, so that none waits for another.
\set k :k + 1
\set c :client_id * 125 + mod(:k, 125) + 1
with chat_row as (
  update chat set message_count = message_count + 2, last_id = uuidv7(), updated_at = clock_timestamp()
  where id = ('00000000-0000-7000-8000-' || lpad(to_hex(:c::int), 12, '0'))::uuid
  returning id, message_count as n
), written as (
  insert into message (chat_id, seq, id, content, status, attempt, created_at, completed_at)
  select id, n - 1, uuidv7(), 'A question of some length, as people ask them.', 'COMPLETED', 1, now(), now() from chat_row
  union all
  select id, n, uuidv7(), '', null, 1, now(), null from chat_row
)
insert into pending (chat_id, seq, reply_id, attempt, streamed, since, run, owner, model)
select id, n, uuidv7(), 1, false, now(), 1, id, 'gpt-4o-mini' from chat_row;
with over as (
  delete from pending where chat_id = ('00000000-0000-7000-8000-' || lpad(to_hex(:c::int), 12, '0'))::uuid
  returning chat_id, seq
), reply as (
  update message m set content = 'An answer of some length, as models give them.', status = 'COMPLETED', completed_at = now(),
    model = 'gpt-4o-mini', finish_reason = 'STOP', input_tokens = 10, output_tokens = 5
  from over where m.chat_id = over.chat_id and m.seq = over.seq
), counted as (
  update chat c set updated_at = clock_timestamp(), input_tokens = coalesce(input_tokens, 0) + 10,
    output_tokens = coalesce(output_tokens, 0) + 5
  from over where c.id = over.chat_id
)
insert into usage as u (chat_id, model, day, owner, turns, input_tokens, output_tokens)
select chat_id, 'gpt-4o-mini', current_date, 'o', 1, 10, 5 from over
on conflict (chat_id, model, day) do update set turns = u.turns + 1,
  input_tokens = u.input_tokens + 10, output_tokens = u.output_tokens + 5;
