-- The place of the reply that is a chat completion of OpenAI's API, in a chat that was made for it. Chats that were made
-- before have none, because nothing tells those of completions from others.
alter table chat add column completion integer;

-- An owner's completions in their order, without its other chats.
create index chat_completion on chat (owner, id) where completion is not null;
