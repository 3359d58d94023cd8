set local lock_timeout = '3s'; -- see V10

-- Requests that their clients may repeat, so that a repeat adds nothing, whichever replica it comes to. Of a request there
-- are digests alone: of its owner, its path, and its idempotency key or its body.

-- Which chat the idempotency key of a request stands for, if the request has made it, or has added turns that were over. Keys
-- of posts to a chat are with the posts. The key of this table can't start with a chat's id, because the chat is what is
-- looked for. A row is written in the transaction that makes the chat, lives for a day, and is of no other use; it outlives
-- its chat, so that a late repeat does not bring a deleted chat back.
create table request_key (
    key     uuid        primary key,
    body    uuid        not null, -- with another body, the key was used for something else
    chat_id uuid        not null,
    seq     integer     not null, -- of the last message that the request has added; 0 if there is none
    made_at timestamptz not null default now()
);

create index request_key_made_at on request_key (made_at);

-- The request that has made the chat, or posted the message, if its client may repeat it; absent of most. No index has it:
-- a repeat without a key is known for a minute, and what is so new is found without.
alter table chat add column request uuid;
alter table message add column request uuid;
