-- Alerts over a restart, as JSON: what burns and what was told (a live table), what is not delivered yet, silences set at run time.

create table alerts (
  id text not null,             -- fingerprint of kind and subject
  sensor_id integer not null references sensors,
  body text not null,
  primary key (sensor_id, id)
) without rowid;

create table alert_deliveries (
  id text not null,             -- address and notification
  sensor_id integer not null references sensors,
  body text not null,
  primary key (sensor_id, id)
);

create table silences (
  id text not null,
  sensor_id integer not null references sensors,
  body text not null,
  primary key (sensor_id, id)
) without rowid;
