-- A file is there for others once it is "complete": one that is still being received, or is being removed, is not.
create table files (
  id integer primary key,
  owner text not null,
  name text not null,
  media_type text not null,
  bytes bigint not null,
  complete int not null,
  created_at bigint not null
);
create index files_by_age on files (created_at) where complete = 1;
create index files_incomplete on files (id) where complete = 0;

-- Contents in pieces of one size, the last of a file excepted, numbered from 0.
create table file_chunks (
  file bigint not null,
  number bigint not null,
  data blob not null,
  primary key (file, number)
);

-- What clients keep for a user of an agent ("agent:NAME") or of an app ("app:ID").
create table variables (
  owner text not null,
  subject text not null,
  user_id text not null,
  name text not null,
  value text not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (owner, subject, user_id, name)
);
