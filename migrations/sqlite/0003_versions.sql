-- The configuration as it was last taken, part by part, without its secrets: what others compare
-- the files with. `kind` is source, topic, route, channel or setting.
create table running (
    kind text not null,
    id text not null,
    version text not null,
    definition text not null,
    -- since when something of this id has been part of it without a break; 0 where that is not known
    since bigint not null,
    -- since when it has had this version; 0 where that is not known
    changed bigint not null,
    primary key (kind, id)
);

-- The topics as they decided, for as long as something is kept of what they decided.
create table topic_version (
    topic text not null,
    version text not null,
    definition text not null,
    first_used bigint not null,
    last_used bigint not null,
    primary key (topic, version)
);

-- The version a hit was decided with; null for those of before there were versions.
alter table hit add column version text;
create index hit_of_version on hit (topic, version);
