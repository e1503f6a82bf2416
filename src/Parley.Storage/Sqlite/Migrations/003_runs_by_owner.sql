-- For lists of an owner's runs.
create index runs_by_owner on runs (owner, id) where stored = 1 and detached = 0;
