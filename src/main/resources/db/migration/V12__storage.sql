set local lock_timeout = '3s'; -- see V10

-- How rows are stored; see the decision record on storage.

-- The start of a reply changes its owner, and so had to write an entry into each index of the table. Without this one it
-- changes the row in its place. The rows are those of replies that are not over, which are few enough to look at all.
drop index pending_owner;

-- Each turn makes a row here and deletes it, so what is dead soon is most of the table. It is removed as often as the
-- server looks for work, and at once, because there is so little of it.
alter table pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);
alter table piece set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000,
    toast.autovacuum_vacuum_cost_delay = 0);

-- These grow for years. A fifth of them, as by default, would be hours of work at once; a fiftieth is done beside turns.
alter table message set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02,
    toast.autovacuum_vacuum_insert_scale_factor = 0.02);
alter table chat set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table usage set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- Long chats that are deleted, and whose messages are not all removed yet.
create table removal (
    chat_id uuid primary key
);
