-- Agents that clients make. "last_version" is the highest number that was given, to a version that may be deleted.
create table agents (
  name text not null primary key,
  owner text not null,
  last_version bigint not null
);

create table agent_versions (
  agent text not null,
  version bigint not null,
  created_at bigint not null,
  description text not null,
  metadata text not null,
  definition text not null,
  primary key (agent, version)
);

-- The version that the text of an agent's file has.
create table agent_files (
  name text not null primary key,
  version bigint not null,
  hash text not null
);
