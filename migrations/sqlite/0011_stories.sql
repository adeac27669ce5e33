-- Items as they stand in stories: each item once, and once more for each other source that carries
-- the very same one, which has no item of its own.
create table article (
    number integer primary key,
    item text not null,
    source text not null,
    story bigint not null,
    -- The number of the article it is a copy of.
    copy_of bigint,
    -- The address and headline at a source that carries another's item; null where the item's own.
    url text,
    title text,
    seen bigint not null,
    published bigint,
    shingles bigint not null,
    words bigint not null,
    -- The numbers in the title, and those in title and opening words, each as a bit.
    numbers bigint not null,
    figures bigint not null default 0,
    agency text
);
create unique index article_of_item on article (item, source);
create index article_of_story on article (story, number);

-- What articles are found by: kept runs of words, and titles, by their hashes. There are some 25 of
-- them an article, in no order: written at once, each would change a page of its own. So they wait,
-- as one row an article, and go over to the next table and the one after in the order of their
-- hashes, a small range of these with each new article.
create table posting_waiting (
    article integer primary key,
    -- Six bytes each, the lowest first.
    keys blob not null,
    -- When articles have come to this number, all of it has gone over.
    until bigint not null
);
create table posting_recent (
    key bigint not null,
    article bigint not null,
    primary key (key, article)
) without rowid;
create table posting (
    key bigint not null,
    article bigint not null,
    primary key (key, article)
) without rowid;

create table story (
    number integer primary key,
    id text not null unique,
    title text not null,
    first_seen bigint not null,
    last_seen bigint not null,
    articles bigint not null,
    -- Sources and whether they have only copies, as JSON.
    outlets text not null,
    -- From whom those have it: articles, agency, the place of the first among the outlets and when it
    -- published, as JSON.
    origins text not null,
    merged_into bigint
);
create index story_newest on story (last_seen, id);
create index story_merged on story (merged_into) where merged_into is not null;

-- What open stories are compared by: hashes of words and their weights.
create table story_centroid (
    story integer primary key,
    centroid blob not null
);

-- Words that open stories are found by.
create table story_word (
    word bigint not null,
    story bigint not null,
    primary key (word, story)
) without rowid;

create table story_event (
    time bigint not null,
    kind text not null,
    story bigint not null,
    other bigint not null,
    primary key (story, other, kind)
);
create index story_event_of_other on story_event (other);

-- In how many items each word occurs, in parts that are written in turn. Part -1 says how many items
-- were counted.
create table word_count (
    part bigint primary key,
    counts blob not null
);

alter table alert add column story_independent bigint not null default 1;
-- The alert before, of a follow-up; what is new since, and what has changed, as JSON.
alter table alert add column previous text;
alter table alert add column new_facts text;
alter table alert add column change text;
