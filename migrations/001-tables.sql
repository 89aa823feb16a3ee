-- One file is one sensor's: its live tables (segments, sessions, daemons, services, destinations) mirror memory, events only grow.
-- Times are microseconds since 1970, UTC. An IPv4 address is an unsigned 32-bit integer, an IPv6 address RFC 5952 text.

create table sensors (
  id integer primary key,
  name text not null unique,
  written_at integer            -- the sensor's time at its last write
);

-- Names of connection states; filled by the program when it opens the file, so that the kernel's list is written once.
create table states (
  proto integer not null,
  template integer not null,    -- 1: of persistence templates
  number integer not null,
  name text not null,
  primary key (proto, template, number)
) without rowid;

create table segments (
  id integer primary key,
  sensor_id integer not null references sensors,
  interface text,
  vlan integer
);

create table daemons (
  id integer primary key,
  sensor_id integer not null references sensors,
  segment integer not null,
  address integer not null,
  mac integer,
  syncid integer not null,
  multicast_group integer not null,
  from_port integer not null,
  to_port integer not null,
  version integer not null,
  ttl integer,
  datagrams integer not null,
  records integer not null,
  octets integer not null,
  first_seen integer not null,
  last_seen integer not null,
  rate real not null            -- records a second as of last_seen
);

create table sessions (
  slot integer primary key,
  sensor_id integer not null references sensors,
  segment integer not null,
  proto integer not null,       -- 0: the template of a firewall-mark service
  state integer not null,
  flags integer not null,       -- kernel IP_VS_CONN_F_*; 0x20000: its sender had learnt it by sync itself
  client integer not null,
  client_port integer not null,
  virtual integer not null,
  virtual_port integer not null,
  destination integer not null,
  destination_port integer not null,
  timeout integer not null,     -- seconds after last_sync
  last_sync integer not null,
  first_seen integer not null,
  sync_count integer not null,
  daemon integer not null,
  fwmark integer,
  engine text,                  -- persistence engine
  engine_data blob
);

create table services (
  id integer primary key,       -- in the order of `ipvsadm -Ln`
  sensor_id integer not null references sensors,
  segment integer not null,
  proto integer,
  family text not null,
  virtual integer,              -- null: a firewall-mark service
  virtual_port integer,
  fwmark integer,
  persistent_seconds integer,
  engine text
);

create table destinations (
  id integer primary key,
  sensor_id integer not null references sensors,
  service integer not null references services,
  address integer not null,
  port integer not null,
  forward integer not null,
  active integer not null,
  inactive integer not null,
  persistent integer not null,
  new_per_second real not null
);

create table events (
  id text not null,
  sensor_id integer not null references sensors,
  at integer not null,
  kind text not null,
  severity text not null,
  text text not null,
  subject text not null,        -- JSON
  from_value text,
  to_value text,
  reason text,
  gap_ms real,
  details text not null,        -- JSON
  frames text not null,         -- JSON
  primary key (sensor_id, id)
);
create index events_at on events (at);
