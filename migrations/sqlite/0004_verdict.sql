-- What somebody thought of what a topic made of an item: one verdict each, the latest. The item is
-- kept as it was then, since what it teaches outlives it.
create table verdict (
    topic text not null,
    item text not null,
    alert text,
    verdict text not null,
    told bigint not null,
    -- Grows with every verdict, so that a running daemon sees that there is a new one.
    seq bigint not null,
    source text not null,
    url text,
    title text not null,
    summary text not null,
    text text not null,
    author text,
    published bigint,
    updated bigint,
    lang text,
    tags text not null,
    image text,
    text_key text,
    first_seen bigint not null,
    primary key (topic, item)
);
create unique index verdict_newest on verdict (seq);
create index verdict_of_topic on verdict (topic, seq);
