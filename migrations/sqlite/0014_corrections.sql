-- Versions of alerted articles that a topic knows: those that it was told of as a change, and when,
-- and those that were there before.
create table correction (
    topic text not null,
    item text not null,
    text_key text not null,
    told_at bigint,
    primary key (topic, item, text_key)
) without rowid;

-- Why a hit was decided on like that, in words, and the story it belonged to; null for what is no
-- hit, and for what was decided before this was kept.
alter table hit add column reason text;
alter table hit add column story text;
