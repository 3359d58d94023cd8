-- What a message has beside its text: images, calls, outputs, reasoning; see ai.konko.chat.Item. Absent of most, and then
-- so are the two columns beside it. No column here makes PostgreSQL write a table anew.
--
-- The chat's table comes first, because whoever changes a chat locks its row first.
alter table chat
    add column waiting          boolean not null default false, -- for outputs of the last reply's calls
    add column parameters       json,
    add column cached_tokens    bigint,
    add column reasoning_tokens bigint;

alter table message
    add column items            json,
    add column items_length     integer, -- how much text they hold, in UTF-16 units: to know it without reading them
    add column call_ids         text[],  -- of a reply that is over and has calls
    add column cached_tokens    bigint,
    add column reasoning_tokens bigint;

-- The items so far of a reply that runs, as of the last flush that found them changed.
alter table pending add column items json;

