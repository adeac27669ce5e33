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
