-- Built beside the service's work, because a log may be large; behind a pooler that can't be. If it breaks off, it begins
-- anew, so each index that may be left of it is dropped first.

-- What the model sees: replies that are over and have text or calls, and messages that nobody was to reply to.
drop index ${concurrently} if exists message_context;
create index ${concurrently} message_context on message (chat_id, seq)
    where seq % 2 = 0 and (content <> '' or call_ids is not null
        or (status is not null and options ->> 'unanswered' = 'true'));

drop index ${concurrently} if exists message_calls;
create index ${concurrently} message_calls on message (chat_id) where call_ids is not null;

drop index ${concurrently} if exists message_answer;
