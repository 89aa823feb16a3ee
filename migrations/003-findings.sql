-- What is wrong (a live table: it mirrors memory), the reports of failovers, and the frames behind events with passwords masked.

create table anomalies (
  id text not null,
  sensor_id integer not null references sensors,
  kind text not null,
  severity text not null,
  subject text not null,        -- JSON
  first_seen integer,           -- null: never raised, the check cannot tell
  last_seen integer,
  ended integer,
  count integer not null,
  text text not null,
  state text not null,          -- raised, clear, unknown
  event_id text,
  primary key (sensor_id, id)
) without rowid;

create table failovers (
  id text not null,             -- that of its event
  sensor_id integer not null references sensors,
  at integer not null,
  report text not null,         -- JSON
  primary key (sensor_id, id)
) without rowid;

create table evidence (
  sensor_id integer not null references sensors,
  event_id text not null,
  number integer not null,      -- of the frame in its capture
  at integer not null,
  interface text,
  link_type integer not null,
  original_length integer not null,
  octets blob not null,
  primary key (sensor_id, event_id, number)
);

-- What is or was wrong, the gravest first.
create view anomaly_list as
select
  severity,
  kind,
  state,
  text,
  (select group_concat(key || '=' || value, ' ') from json_each(a.subject)) as subject,
  count,
  strftime('%Y-%m-%dT%H:%M:%S', first_seen / 1000000, 'unixepoch') || printf('.%06dZ', first_seen % 1000000) as first_seen,
  strftime('%Y-%m-%dT%H:%M:%S', last_seen / 1000000, 'unixepoch') || printf('.%06dZ', last_seen % 1000000) as last_seen,
  strftime('%Y-%m-%dT%H:%M:%S', ended / 1000000, 'unixepoch') || printf('.%06dZ', ended % 1000000) as ended,
  event_id,
  id
from anomalies a
order by state <> 'raised', case severity when 'critical' then 0 when 'warning' then 1 else 2 end, a.first_seen, a.id;
