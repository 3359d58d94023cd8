-- How a turn differs from others of its chat, at its reply; absent of most.
alter table message add column options json;

-- What the model sees: replies that are over and have text, and messages that nobody was to reply to.
drop index message_answer;
create index message_answer on message (chat_id, seq)
    where seq % 2 = 0 and (content <> '' or (status is not null and options ->> 'unanswered' = 'true'));
