-- The ids by which clients call conversations, where clients choose them.
alter table conversations add column external_id text;
create unique index conversations_by_external_id on conversations (owner, external_id) where external_id is not null;
