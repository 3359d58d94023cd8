-- The log. Every key starts with the chat's id (a chat's own is its id), no statement that has to be atomic spans two
-- chats, and there is no sequence over all of them: see the decision record on sharding.
--
-- Whoever changes anything of a chat locks its row first. There are no foreign keys: that lock does their work.

create extension if not exists pg_trgm;

create table chat (
    id            uuid primary key,
    title         text,
    instructions  text,
    model         text,
    metadata      json           not null,
    message_count integer        not null default 0,
    last_id       uuid, -- of the chat's messages, the greatest: ids sort as places do, whatever the replicas' clocks say
    input_tokens  bigint,
    output_tokens bigint,
    highlights    json,
    created_at    timestamptz(3) not null,
    updated_at    timestamptz(3) not null
) with (fillfactor = 80); -- it changes with every turn, but nothing of it that is indexed

create index chat_title on chat using gin (lower(title) gin_trgm_ops);

-- A reply that is not over has no status, text or end here; the rest of it is in pending.
create table message (
    chat_id         uuid           not null,
    seq             integer        not null,
    id              uuid           not null,
    content         text           not null,
    status          text,
    attempt         integer        not null,
    created_at      timestamptz(3) not null,
    completed_at    timestamptz(3),
    model           text,
    finish_reason   text,
    input_tokens    bigint,
    output_tokens   bigint,
    failure_code    text,
    failure_message text,
    failure_retry_s integer,
    idempotency_key text,
    when_busy       text,
    primary key (chat_id, seq)
);

create unique index message_id on message (chat_id, id);
create unique index message_key on message (chat_id, idempotency_key) where idempotency_key is not null;
-- What the model sees: replies that are over and have text.
create index message_answer on message (chat_id, seq) where seq % 2 = 0 and content <> '';
create index message_text on message using gin (lower(content) gin_trgm_ops);

-- A reply that is not over. It waits in line while run is 0; then its owner runs it, for as long as the owner's lease
-- lasts. run counts how often it was started in this attempt, and fences off whoever had it before.
create table pending (
    chat_id  uuid           not null,
    seq      integer        not null,
    reply_id uuid           not null,
    attempt  integer        not null,
    streamed boolean        not null,
    model    text,
    run      integer        not null default 0,
    owner    uuid,
    cancel   boolean        not null default false, -- somebody wants it cancelled; its owner does it
    since    timestamptz(3) not null,               -- by the database's clock
    primary key (chat_id, seq)
);

create index pending_owner on pending (owner);

-- The text so far of a reply that runs, without what its owner has not flushed yet.
create table piece (
    chat_id uuid    not null,
    seq     integer not null,
    run     integer not null,
    start   integer not null, -- in UTF-16 units
    text    text    not null,
    primary key (chat_id, seq, run, start)
);

-- The processes that serve this log. One whose lease has run out is taken for dead.
create table replica (
    id          uuid primary key,
    lease_until timestamptz not null
);
