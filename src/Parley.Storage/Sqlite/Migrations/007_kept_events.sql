-- The events of runs that wait, and of those outside of conversations, do not expire before the runs do.
update logs set ended_at = 3155378975999999999 where ended_at is not null and run in (select id from runs where stored = 1 and (status = 3 or detached = 1));
