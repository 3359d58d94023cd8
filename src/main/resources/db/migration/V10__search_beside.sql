-- What waits for a lock holds up all turns that come after it, so it gives up soon, and is tried again. The chat's table
-- comes first, because whoever changes a chat locks its row first.
set local lock_timeout = '3s';
lock table chat in access exclusive mode;

-- What the search looks in, filled in batches beside the turns: an index on message itself would make each insertion three
-- times as dear. Nothing of it is written where turns are, except one small row in unsearched.
--
-- searched has a row for each turn that is over, keyed by the place of what was said. Its text is folded, once: what was
-- said, a separator, the reply. No folded text has the separator, a Greek question mark, because NFC makes it a semicolon.
--
-- A row in unsearched says that this turn is not in searched, or not as it is now. The search looks through its messages
-- themselves. Triggers write it, so that replicas of versions before do so too.
create table unsearched (
    chat_id uuid    not null,
    seq     integer not null,
    primary key (chat_id, seq)
) with ( -- a queue: small, and always changing
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000);

create table searched (
    chat_id uuid    not null,
    seq     integer not null,
    text    text    not null,
    primary key (chat_id, seq)
);

create index searched_text on searched using gin (text gin_trgm_ops);

-- Which replica fills the table, one at a time; and from where on turns of before this table are still to come, in the
-- order of the key of message. Null if they are all in. Until then the search uses the index on message, which is then
-- dropped: so an upgrade is quick, and the search too meanwhile.
create table search_progress (
    one          boolean     primary key default true check (one), -- there is one row
    filler       uuid,
    filler_until timestamptz not null,
    next_chat    uuid,
    next_seq     integer
);

do $$
begin
    if exists (select from message) then
        insert into search_progress (filler_until, next_chat, next_seq)
            values (now(), '00000000-0000-0000-0000-000000000000', 0);
    else
        insert into search_progress (filler_until) values (now());
        drop index message_text;
    end if;

    -- With the schema's name, because a restore, or whoever repairs something by hand, may have another search path.
    execute replace($f$
        create function konko_turn_added() returns trigger language plpgsql as $body$
            begin
                insert into $schema.unsearched (chat_id, seq) values (new.chat_id, new.seq);
                return null;
            end $body$;

        -- It comes to the row in unsearched first. If the filler has it, this waits, and then sees what the filler wrote.
        create function konko_turn_changed() returns trigger language plpgsql as $body$
            declare
                place integer := new.seq - 1 + new.seq % 2;
            begin
                insert into $schema.unsearched (chat_id, seq) values (new.chat_id, place)
                    on conflict (chat_id, seq) do update set seq = excluded.seq;
                delete from $schema.searched where chat_id = new.chat_id and seq = place;
                return null;
            end $body$;

        create function konko_chat_deleted() returns trigger language plpgsql as $body$
            begin
                delete from $schema.unsearched where chat_id = old.id;
                delete from $schema.searched where chat_id = old.id;
                return null;
            end $body$;
        $f$, '$schema', quote_ident(current_schema()));
end
$$;

create trigger konko_chat_deleted after delete on chat
    for each row execute function konko_chat_deleted();

create trigger konko_turn_added after insert on message
    for each row when (new.seq % 2 = 1) execute function konko_turn_added();

-- A text that was there is another one now, or is to be written anew: it was erased, or the reply is retried. The end of a
-- reply is neither.
create trigger konko_turn_changed after update of content on message
    for each row when (old.status is not null and (new.status is null or new.content <> old.content))
    execute function konko_turn_changed();
