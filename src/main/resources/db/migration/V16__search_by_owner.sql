set local lock_timeout = '3s'; -- see V10

-- The trigrams give the turns of all owners. So the index on them knows also whose a turn is, and when its chat began: it
-- looks for an owner's turns alone, and for those of some days alone, the newest first.

-- Two owners may have the same number: who searches compares the names too.
create function konko_owner_number(owner text) returns integer language sql immutable parallel safe as
    $$ select ('x' || substr(md5(owner), 1, 8))::bit(32)::integer $$;

-- What a turn is found by beside its text: the number of its owner, and that of the owner in the period that its chat began
-- in. A period is what chats' ids have in their first 20 bits, because they begin with the time: 2^28 ms, some three days.
-- With other ids it is any part of the owner's chats, and their order is the same. SearchPeriods in ai.konko.store.postgres
-- has the same rule.
create function konko_search_marks(owner integer, chat_id uuid) returns integer[] language sql immutable parallel safe as
    $$ select array[owner, owner # ('x' || substr(chat_id::text, 1, 5))::bit(20)::integer] $$;

-- The number of the chat's owner. Rows of before have none, until they are given theirs, in batches.
alter table searched add column owner integer;

-- The marks come first, because they rule out most: then few turns are looked up in the long lists of the trigrams.
create index searched_owner on searched using gin (konko_search_marks(owner, chat_id), text gin_trgm_ops)
    where owner is not null;

-- From where on rows have no owner yet, in the order of the key of searched. Null if all have. Until then the search uses
-- the index on the text alone, which is then dropped.
alter table search_progress
    add column unowned_chat uuid,
    add column unowned_seq  integer;

do $$
begin
    if exists (select from searched) then
        update search_progress set unowned_chat = '00000000-0000-0000-0000-000000000000', unowned_seq = 0;
    else
        drop index searched_text;
    end if;

    -- Replicas of versions before fill the table too. For the schema's name see V10.
    execute replace($f$
        create function konko_turn_searched() returns trigger language plpgsql as $body$
            begin
                new.owner := (select $schema.konko_owner_number(c.owner) from $schema.chat c where c.id = new.chat_id);
                return new;
            end $body$;
        $f$, '$schema', quote_ident(current_schema()));
end
$$;

create trigger konko_turn_searched before insert on searched
    for each row execute function konko_turn_searched();
