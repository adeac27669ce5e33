-- Times are milliseconds since the epoch, yes and no are 1 and 0, JSON is text:
-- the same words mean the same on every database.

-- What is remembered of each source of the configuration; the configuration itself stays in its files.
create table source (
    id text primary key,
    host text not null,
    address text not null,
    configured bigint not null default 1,
    marker text not null default 'none',
    next_due bigint not null,
    failures bigint not null default 0,
    validator_url text,
    etag blob,
    last_modified blob,
    body_hash text,
    baseline_done bigint not null default 0,
    class text,
    message text,
    last_poll bigint,
    last_success bigint,
    first_polled bigint,
    items bigint not null default 0,
    claimed_by text,
    claimed_until bigint
);
create index source_due on source (next_due) where configured = 1 and marker = 'none';
create index source_claimed on source (host, claimed_until) where claimed_until is not null;

-- The pace of each host: no poll starts there before free_at, which was set at set_at.
create table host (
    name text primary key,
    free_at bigint not null,
    set_at bigint not null
);

create table item (
    id text primary key,
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
    baseline bigint not null,
    first_seen bigint not null
);
create index item_newest on item (first_seen, id);
create index item_of_source on item (source, first_seen);

-- What an item is recognised by. Outlives the item itself.
create table identity (
    kind text not null,
    scope text not null,
    value text not null,
    item text not null,
    last_seen bigint not null,
    primary key (kind, scope, value)
);
create index identity_of_item on identity (item);

-- Items that reached a topic's threshold.
create table hit (
    item text not null,
    topic text not null,
    decision text not null,
    score double precision not null,
    threshold double precision not null,
    evidence text not null,
    created bigint not null,
    primary key (item, topic)
);
create index hit_of_topic on hit (topic, created);

create table alert (
    id text primary key,
    kind text not null,
    topic text not null,
    topic_name text not null,
    story text not null,
    story_title text not null,
    story_articles bigint not null,
    story_outlets bigint not null,
    story_first_seen bigint not null,
    revision bigint not null,
    decision text not null,
    item text not null,
    score double precision not null,
    threshold double precision not null,
    reason text not null,
    evidence text not null,
    created bigint not null
);
create index alert_newest on alert (created, id);
create index alert_of_item on alert (item);

create table delivery (
    id text primary key,
    alert text not null,
    topic text not null,
    channel text not null,
    recipient text not null,
    kind text not null,
    state text not null,
    class text,
    held text,
    attempts bigint not null default 0,
    created bigint not null,
    due bigint not null,
    last_attempt bigint,
    delivered_at bigint,
    error text,
    claimed_by text,
    claimed_until bigint
);
create index delivery_due on delivery (channel, due) where state = 'pending';
create index delivery_sending on delivery (claimed_until) where state = 'sending';
create index delivery_newest on delivery (created, id);
create index delivery_of_alert on delivery (alert);
create index delivery_attempted on delivery (channel, last_attempt);

-- Channels whose receiver asked for a pause, until it takes a message again: none is sent
-- before free_at, and then one at a time.
create table channel (
    name text primary key,
    free_at bigint not null,
    set_at bigint not null
);

-- Refusals, limits and degradations; equal ones of one source or channel are one row.
create table event (
    source text not null,
    channel text not null,
    class text not null,
    count bigint not null,
    first_time bigint not null,
    last_time bigint not null,
    message text not null,
    primary key (source, channel, class)
);
create index event_newest on event (last_time);

-- What the daemon last said of itself.
create table daemon (
    name text primary key,
    value text not null
);
