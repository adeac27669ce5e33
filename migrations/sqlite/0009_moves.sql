-- The items of the last whole body.
alter table source add column held bigint not null default 0;
-- The address that answers in the end, where that is not the configured one, and the source that
-- ends there too and is polled in this one's stead.
alter table source add column ends_at text;
alter table source add column same_as text;
create index source_ends_at on source (ends_at) where ends_at is not null;
