-- For lists of an owner's runs by one agent.
alter table runs add column agent text;
update runs set agent = json_extract(data, '$.agent.name');
create index runs_by_agent on runs (owner, agent, id) where stored = 1 and detached = 0;
