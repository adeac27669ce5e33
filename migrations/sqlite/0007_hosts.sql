-- When a host's next poll may start, kept with the host, so that a claim looks at hosts whose time
-- has come and at nothing else, however many sources wait. Null: nothing waits there.
alter table host add column ready_at bigint;
-- So many polls the host may have at one time, as it was last claimed with.
alter table host add column at_once bigint not null default 1;
-- 1 from a pause that the host asked for until it answers again: one poll at a time.
alter table host add column careful bigint not null default 0;

-- Sources in hand. A table of its own, since a claim is short-lived and its row is small: a source's
-- own row is written once a poll.
create table claim (
    source text primary key,
    host text not null,
    holder text not null,
    ends bigint not null,
    gap bigint not null
);
create index claim_of_host on claim (host, ends);

drop index source_due;
drop index source_claimed;
alter table source drop column claimed_by;
alter table source drop column claimed_until;
create index source_of_host on source (host, next_due, id) where configured = 1 and marker = 'none';

insert into host (name, free_at, set_at, ready_at)
    select host, 0, 0, min(next_due) from source where configured = 1 and marker = 'none' group by host
    on conflict (name) do update set ready_at =
        case when host.free_at > excluded.ready_at then host.free_at else excluded.ready_at end;
create index host_ready on host (ready_at, name) where ready_at is not null;
