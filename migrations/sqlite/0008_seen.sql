-- What is remembered of the items of each source's last body, so that the next one is read only as
-- far as it is new. It counts for the address it was read at only.
create table source_seen (
    source text primary key,
    seen blob not null
) without rowid;

create trigger source_elsewhere after update of address on source when new.address <> old.address begin
    delete from source_seen where source = new.id;
end;

create trigger source_removed after delete on source begin
    delete from source_seen where source = old.id;
end;

-- What items are recognised by, once instead of three times: the key is all that is asked for.
create table identity_by_key (
    kind text not null,
    scope text not null,
    value text not null,
    item text not null,
    last_seen bigint not null,
    primary key (kind, scope, value)
) without rowid;
insert into identity_by_key (kind, scope, value, item, last_seen)
    select kind, scope, value, item, last_seen from identity order by kind, scope, value;
drop table identity;
alter table identity_by_key rename to identity;
