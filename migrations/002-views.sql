-- What people read: sqlite3 lvscope.db 'select * from connections'

create view connections as
select
  case s.proto when 6 then 'TCP' when 17 then 'UDP' when 132 then 'SCTP' when 0 then 'IP' when 1 then 'ICMP' when 58 then 'ICMPv6'
    else 'IP_' || s.proto end as proto,
  coalesce(states.name, case when s.proto = 0 and not s.flags & 0x1000 then 'NONE' else 'ERR!' end) as state,
  case typeof(s.client) when 'text' then '[' || s.client || ']'
    else printf('%d.%d.%d.%d', s.client >> 24, s.client >> 16 & 255, s.client >> 8 & 255, s.client & 255) end || ':' || s.client_port as client,
  case typeof(s.virtual) when 'text' then '[' || s.virtual || ']'
    else printf('%d.%d.%d.%d', s.virtual >> 24, s.virtual >> 16 & 255, s.virtual >> 8 & 255, s.virtual & 255) end || ':' || s.virtual_port as virtual,
  case typeof(s.destination) when 'text' then '[' || s.destination || ']'
    else printf('%d.%d.%d.%d', s.destination >> 24, s.destination >> 16 & 255, s.destination >> 8 & 255, s.destination & 255) end
    || ':' || s.destination_port as destination,
  case s.flags & 7 when 0 then 'masq' when 1 then 'local' when 2 then 'tunnel' when 3 then 'route' when 4 then 'bypass' else 'unknown' end as forward,
  not s.flags & 0x1100 as active,
  s.flags & 0x1000 <> 0 as template,
  strftime('%Y-%m-%dT%H:%M:%S', s.last_sync / 1000000 + s.timeout, 'unixepoch') || printf('.%06dZ', s.last_sync % 1000000) as expires_at,
  s.timeout as timeout_seconds,
  strftime('%Y-%m-%dT%H:%M:%S', s.first_seen / 1000000, 'unixepoch') || printf('.%06dZ', s.first_seen % 1000000) as first_seen,
  strftime('%Y-%m-%dT%H:%M:%S', s.last_sync / 1000000, 'unixepoch') || printf('.%06dZ', s.last_sync % 1000000) as last_sync,
  s.sync_count,
  case when s.flags & 0x20000 then 'synced' else 'local' end as origin,
  coalesce(s.fwmark, 0) as fwmark,
  s.engine as persistence_engine,
  -- Anyone on the wire can write here: what a terminal would obey is shown as hexadecimal digits.
  case when instr(s.engine_data, x'00') or cast(s.engine_data as text) glob '*[^ -~]*' then '0x' || hex(s.engine_data)
    else cast(s.engine_data as text) end as persistence_data,
  s.daemon,
  segments.interface,
  segments.vlan,
  sensors.name as sensor,
  s.slot
from sessions s
left join states on states.proto = (case when s.flags & 0x1000 then 0 else s.proto end)
  and states.template = (s.flags & 0x1000 <> 0) and states.number = s.state
left join segments on segments.id = s.segment
left join sensors on sensors.id = s.sensor_id;

-- As `ipvsadm -Ln`, a row for each real server.
create view real_servers as
select
  case when v.virtual is null then 'FWM ' || v.fwmark || case v.family when 'ipv6' then ' IPv6' else '' end
    else case v.proto when 6 then 'TCP ' when 17 then 'UDP ' when 132 then 'SCTP ' when 0 then 'IP ' else 'IP_' || v.proto || ' ' end
      || case typeof(v.virtual) when 'text' then '[' || v.virtual || ']'
        else printf('%d.%d.%d.%d', v.virtual >> 24, v.virtual >> 16 & 255, v.virtual >> 8 & 255, v.virtual & 255) end
      || ':' || v.virtual_port end as service,
  case typeof(d.address) when 'text' then '[' || d.address || ']'
    else printf('%d.%d.%d.%d', d.address >> 24, d.address >> 16 & 255, d.address >> 8 & 255, d.address & 255) end || ':' || d.port as destination,
  case d.forward when 0 then 'masq' when 1 then 'local' when 2 then 'tunnel' when 3 then 'route' when 4 then 'bypass' else 'unknown' end as forward,
  d.active,
  d.inactive,
  d.persistent,
  d.new_per_second,
  v.persistent_seconds,
  v.engine as persistence_engine,
  segments.interface,
  segments.vlan
from destinations d
join services v on v.id = d.service
left join segments on segments.id = v.segment
order by d.id;

create view sync_senders as
select
  d.id,
  case typeof(d.address) when 'text' then d.address
    else printf('%d.%d.%d.%d', d.address >> 24, d.address >> 16 & 255, d.address >> 8 & 255, d.address & 255) end as address,
  case when d.mac is not null then printf('%02x:%02x:%02x:%02x:%02x:%02x',
    d.mac >> 40, d.mac >> 32 & 255, d.mac >> 24 & 255, d.mac >> 16 & 255, d.mac >> 8 & 255, d.mac & 255) end as mac,
  d.syncid,
  case typeof(d.multicast_group) when 'text' then d.multicast_group
    else printf('%d.%d.%d.%d', d.multicast_group >> 24, d.multicast_group >> 16 & 255, d.multicast_group >> 8 & 255, d.multicast_group & 255)
    end as multicast_group,
  d.from_port,
  d.to_port,
  d.version,
  d.ttl,
  d.datagrams,
  d.records,
  d.octets,
  strftime('%Y-%m-%dT%H:%M:%S', d.first_seen / 1000000, 'unixepoch') || printf('.%06dZ', d.first_seen % 1000000) as first_seen,
  strftime('%Y-%m-%dT%H:%M:%S', d.last_seen / 1000000, 'unixepoch') || printf('.%06dZ', d.last_seen % 1000000) as last_seen,
  segments.interface,
  segments.vlan
from daemons d
left join segments on segments.id = d.segment;

create view timeline as
select
  strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06dZ', at % 1000000) as time,
  severity,
  kind,
  text,
  id
from events
order by at, rowid;
