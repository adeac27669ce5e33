-- What polling learns of a source. Durations are milliseconds.

-- The interval in force, and why the next poll is not earlier.
alter table source add column interval_ms bigint;
alter table source add column reason text;
-- Since when every poll has failed; null where the last one did not.
alter table source add column failing_since bigint;
-- Since when every poll has been refused: 4xx and nothing else.
alter table source add column refused_since bigint;
-- What the feed itself asks for: the least interval, and the hours and days (bits, from 0 and from
-- Monday) in which it wants no polls, by GMT.
alter table source add column asks_ms bigint;
-- A time at which one of these intervals begins.
alter table source add column asks_from bigint;
alter table source add column skip_hours bigint not null default 0;
alter table source add column skip_days bigint not null default 0;
-- How long each answer is good, as its server said last.
alter table source add column max_age_ms bigint;
-- When it posts, as the schedule writes it down.
alter table source add column rhythm blob;
-- Where its server said it has moved for good; and since when it has not answered there.
alter table source add column moved_to text;
alter table source add column moved_at bigint;
alter table source add column moved_failing_since bigint;
-- When a body was last read whole, known items included.
alter table source add column read_whole bigint;
-- Since when its server has said only that nothing changed; and when it was last asked without
-- validators.
alter table source add column unchanged_since bigint;
alter table source add column unchanged bigint not null default 0;
alter table source add column asked_plainly bigint;
-- Whether its word that nothing has changed was found to be wrong.
alter table source add column lies bigint not null default 0;
