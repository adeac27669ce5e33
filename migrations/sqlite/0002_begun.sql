-- When the operator began a delivery's schedule anew; null where it runs from its making.
alter table delivery add column begun bigint;
