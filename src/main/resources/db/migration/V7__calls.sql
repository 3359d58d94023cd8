-- What the model sees: replies that are over and have text or calls, and messages that nobody was to reply to. Posts wait
-- while the indexes are built. A build beside them would wait for other replicas' transactions, and they for it.
create index message_context on message (chat_id, seq)
    where seq % 2 = 0 and (content <> '' or call_ids is not null
        or (status is not null and options ->> 'unanswered' = 'true'));

create index message_calls on message (chat_id) where call_ids is not null;

drop index message_answer;
