-- Whose a chat is. Those from before there were owners are nobody's in particular.
alter table chat add column owner text not null default 'anonymous';
alter table chat alter column owner drop default;
create index chat_owner on chat (owner, id);

-- What the model was used for, by day (UTC). It is written with the end of each reply, so it also has what a retry has
-- discarded. With a chat's deletion its rows get another id, so that they are left but say nothing of it.
create table usage (
    chat_id       uuid    not null,
    model         text    not null,
    day           date    not null,
    owner         text    not null,
    turns         bigint  not null,
    input_tokens  bigint  not null,
    output_tokens bigint  not null,
    primary key (chat_id, model, day)
) with (fillfactor = 80);

create index usage_owner on usage (owner, day);
create index usage_day on usage (day);

insert into usage (chat_id, model, day, owner, turns, input_tokens, output_tokens)
select m.chat_id, m.model, (m.completed_at at time zone 'UTC')::date, 'anonymous', count(*),
    coalesce(sum(m.input_tokens), 0), coalesce(sum(m.output_tokens), 0)
from message m
where m.model is not null and m.completed_at is not null and (m.content <> '' or m.input_tokens is not null)
group by 1, 2, 3;
