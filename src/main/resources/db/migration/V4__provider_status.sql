-- With which HTTP status the model's provider refused, if it did.
alter table message add column failure_status integer;
