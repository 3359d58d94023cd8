set local lock_timeout = '3s'; -- see V10

-- What the model is told of the turns that a chat's window has left out. All are kept; the newest has the most turns.
create table summary (
    chat_id          uuid        not null references chat on delete cascade,
    through_seq      integer     not null, -- the last reply that it takes in
    content          text        not null,
    model            text        not null,
    asked            boolean     not null, -- by a client: the window begins after it at once
    input_tokens     bigint,
    output_tokens    bigint,
    cached_tokens    bigint,
    reasoning_tokens bigint,
    created_at       timestamptz not null,
    primary key (chat_id, through_seq)
);

-- The newest summary's through_seq, so that a turn of a chat without any reads none.
alter table chat
    add column summarized integer not null default 0;
