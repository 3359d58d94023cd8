-- The bytes that a chat's messages name in their items, once each. They are read only for whoever asks for them, and for the
-- model. The media type and the name are those that the bytes first had in the chat.
create table attachment (
    chat_id    uuid  not null references chat on delete cascade,
    digest     bytea not null, -- SHA-256
    media_type text  not null,
    name       text,           -- of a file
    bytes      bytea not null,
    primary key (chat_id, digest)
);

-- Images and most files are compressed already.
alter table attachment alter column bytes set storage external;
