set local lock_timeout = '3s'; -- see V10

-- What a chat's client has chosen for what the model sees of it; absent if that is nothing.
alter table chat
    add column memory json;

-- Of a reply whose turn has cut the chat's window: the seq of the message that the window begins with since. The newest
-- one of them counts whose turn is context. Versions before this one write none, and cut the window anew at each turn.
alter table message
    add column window_from integer;
