-- Times are UTC ticks. Ids are the 64-bit ids of the program; 0 stands for "none". What is only carried is JSON in "data"; what is
-- searched, sorted or changed often is a column, and where both have it the column is right.

create table conversations (
  id integer primary key,
  owner text not null,
  agent text,
  created_at bigint not null,
  updated_at bigint not null,
  section bigint not null,
  head bigint not null,
  head_branch bigint not null,
  head_position bigint not null,
  data text not null
);
create index conversations_by_owner on conversations (owner, created_at, id);
create index conversations_by_agent on conversations (owner, agent, created_at, id);
create index conversations_by_age on conversations (updated_at);

-- A branch is called by the id of its first message. Positions count along the path from the root, so a branch that forks
-- off behind position n begins with n + 1. "tip" is its last position.
create table branches (
  id integer primary key,
  conversation bigint not null,
  parent bigint not null,
  fork bigint not null,
  tip bigint not null
);
create index branches_by_conversation on branches (conversation);

-- "stretch" is the position at which the unbroken stretch of messages of one section that ends here began.
create table messages (
  id integer primary key,
  conversation bigint not null,
  branch bigint not null,
  position bigint not null,
  stretch bigint not null,
  section bigint not null,
  run bigint,
  is_input int not null,
  kind int not null,
  deleted int not null,
  created_at bigint not null,
  data text not null
);
create index messages_by_place on messages (branch, deleted, position);
create index messages_by_kind on messages (branch, deleted, kind, position);
create index messages_by_run on messages (run, position) where run is not null;
create index messages_by_age on messages (created_at);

-- "status": 0 queued, 1 running, above that ended.
create table runs (
  id integer primary key,
  owner text not null,
  conversation bigint not null,
  chat bigint not null,
  status int not null,
  exclusive int not null,
  detached int not null,
  stored int not null,
  created_at bigint not null,
  ended_at bigint,
  data text not null
);
create unique index runs_exclusive on runs (conversation) where exclusive = 1 and status < 2;
create index runs_active on runs (id) where status < 2;
create index runs_by_conversation on runs (conversation);
create index runs_by_chat on runs (chat);
create index runs_by_age on runs (ended_at) where ended_at is not null;

create table open_calls (
  owner text not null,
  call_id text not null,
  run bigint not null,
  primary key (owner, call_id, run)
);
create index open_calls_by_run on open_calls (run, owner);

-- The log of a run: "tail" is its last segment, "ended_at" is null while it is written to.
create table logs (
  run integer primary key,
  tail bigint not null,
  ended_at bigint
);
create index logs_by_age on logs (ended_at);

-- Segments lie in order of arrival and each knows the one before it. An index by run would do the same, but a flush of hundreds
-- of runs would then dirty a page of it for every run; the rows of "logs" that are in use share a few pages.
create table segments (
  id integer primary key,
  run bigint not null,
  first bigint not null,
  last bigint not null,
  format int not null,
  previous bigint not null,
  data blob not null
);
create trigger segments_are_linked after insert on segments begin
  update logs set tail = new.id where run = new.run;
end;

-- Conversations which are gone for everybody and whose rows are being removed, a bounded number at a time.
create table dropped (
  conversation integer primary key
);

create table keys (
  id integer primary key autoincrement,
  name text not null unique,
  owner text not null,
  hash blob not null unique,
  last_four text not null,
  created_at bigint not null
);
