-- What items are searched by: their words under the keys that the matcher makes of them.
-- `number` grows with the age of what it names, and names the row of item_words, which keeps
-- keys only. `version` is that of the keys; 0 where there are none yet, and such an item is
-- looked at in every search.
create table item_number (
    number integer primary key,
    item text not null unique,
    first_seen bigint not null,
    version bigint not null default 0
);
create index item_without_keys on item_number (version, number);

create virtual table item_words using fts5 (
    keys,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = 'ascii'
);

insert into item_number (item, first_seen) select id, first_seen from item order by first_seen, id;

create trigger item_numbered after insert on item begin
    insert into item_number (item, first_seen) values (new.id, new.first_seen);
end;

create trigger item_rewritten after update of title, summary, text, lang on item begin
    delete from item_words where rowid = (select number from item_number where item = new.id and version > 0);
    update item_number set version = 0 where item = new.id;
end;

create trigger item_removed after delete on item begin
    delete from item_words where rowid = (select number from item_number where item = old.id and version > 0);
    delete from item_number where item = old.id;
end;
