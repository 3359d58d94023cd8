-- A text as the search compares it, the same in every database and every locale: without case, an i with or without its
-- dot, an accent in one code point or in two, a sigma at the end of a word or within. SearchText in ai.konko.chat has the
-- same rule for the log in memory. A text in ASCII, as most are, takes the short way.
--
-- The locale of a database knows other letters than the next one, or none. So the letters are those of a collation that
-- every PostgreSQL of its version has.
do $$
declare
    letters text;
begin
    select format('collate pg_catalog.%I', collname) into letters
    from pg_collation
    where collnamespace = 'pg_catalog'::regnamespace and collname in ('pg_c_utf8', 'und-x-icu', 'C.utf8')
        and collencoding in (-1, pg_char_to_encoding('UTF8'))
    order by array_position(array['pg_c_utf8', 'und-x-icu', 'C.utf8']::name[], collname)
    limit 1;
    execute format($f$
        create function konko_folded(given text) returns text language sql immutable parallel safe as $body$
            select case when octet_length(given) = length(given) then lower(given collate "C")
                else lower(replace(translate(normalize(given, NFC), 'İıΣς', 'iiσσ'), 'i' || chr(775), 'i') %s)
                    collate "C" end
        $body$
        $f$, letters);
end
$$;

drop index chat_title;
create index chat_title on chat using gin (konko_folded(title) gin_trgm_ops);
drop index message_text;
create index message_text on message using gin (konko_folded(content) gin_trgm_ops);
