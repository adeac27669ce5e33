-- Sources whose ids or addresses change from poll to poll: since when, and from when on they are
-- looked at again; null where they can be relied on.
alter table source add column unstable_ids bigint not null default 0;
alter table source add column guids_unstable bigint;
alter table source add column guids_watched bigint;
alter table source add column addresses_unstable bigint;
alter table source add column addresses_watched bigint;
-- Whether something of them was seen since then.
alter table source add column guids_begun bigint not null default 0;
alter table source add column addresses_begun bigint not null default 0;
-- Ids that came back with another article, and when the latest of them did.
alter table source add column guid_reuses bigint not null default 0;
alter table source add column guid_reused bigint;
create index source_unstable on source (next_due, id)
    where configured = 1 and marker = 'none' and failures = 0 and coalesce(class, '') <> 'degraded'
        and unstable_ids = 1;

-- Ids that are not relied on are not kept, and what is remembered of the last body was known by them.
create trigger source_ids_distrusted after update of guids_watched on source
    when new.guids_watched is not null and new.guids_watched is not old.guids_watched begin
    delete from identity where kind = 'guid' and scope = new.id;
end;
create trigger source_ids_otherwise after update of guids_unstable, addresses_unstable on source
    when new.guids_unstable is not old.guids_unstable
        or new.addresses_unstable is not old.addresses_unstable begin
    delete from source_seen where source = new.id;
end;
