-- What page, status and lists need at once, however many sources and items there are.

-- Sources to look at: those that fail, then those that are read in part, each by their next poll.
create index source_ailing on source ((failures = 0), next_due, id)
    where configured = 1 and marker = 'none' and (failures > 0 or class = 'degraded');
create index source_off on source (id) where marker <> 'none';

-- News of a source, for its rate; what stood there when it was first read is none.
drop index item_of_source;
create index item_of_source on item (source, first_seen) where baseline = 0;

-- How many items of each hour are in store. Hours since the epoch.
create table item_hour (
    hour bigint primary key,
    items bigint not null
);
insert into item_hour (hour, items) select first_seen / 3600000, count(*) from item group by first_seen / 3600000;
create trigger item_gone after delete on item begin
    update item_hour set items = items - 1 where hour = old.first_seen / 3600000;
end;

-- When a poll was last recorded.
insert into daemon (name, value)
    select 'last_poll', cast(max(last_poll) as text) from source where last_poll is not null having count(*) > 0;
