/** What the lists that are short enough to be made whole can be filtered by. */
import { ANOMALY_KINDS, type Anomaly } from './anomaly.ts';
import type { CaptureStatus } from './capture.ts';
import type { Daemon } from './daemon.ts';
import { EVENT_KINDS, type Event } from './event.ts';
import { FAILOVER_REASONS, type Failover } from './failover.ts';
import {
  ADDRESS_KIND,
  DECIMAL_KIND,
  ENDPOINT_KIND,
  FWMARK_KIND,
  PORT_KIND,
  TIME_KIND,
  textKind,
  VLAN_KIND,
  wholeKind,
  wordKind,
} from './field-kind.ts';
import type { Group } from './group.ts';
import { type ItemField, type ItemList, says } from './item-list.ts';
import type { Neighbor } from './neighbor.ts';
import { FORWARD_NAMES } from './scalars.ts';
import type { Service } from './service.ts';
import type { ServiceHistory } from './service-history.ts';
import { SEVERITIES } from './subject.ts';
import type { VirtualRouter } from './vrrp.ts';
import type { VrrpHistory } from './vrrp-history.ts';

const TEXT = textKind();
const MAC = textKind({ expected: 'a MAC address, with * for any part of it' });
const WHOLE = wholeKind();
const OCTET = wholeKind(255, 'a whole number from 0 to 255');
const FAMILY = wordKind(['ipv4', 'ipv6']);
const FLAG = wordKind(['true', 'false']);

interface Located {
  readonly interface: string | null;
  readonly vlan: number | null;
}

const LOCATION: Readonly<Record<string, ItemField<Located>>> = {
  interface: says(TEXT, (item) => item.interface, { about: 'where it was seen', optional: true }),
  vlan: says(VLAN_KIND, (item) => item.vlan, { about: 'VLAN id of its frames', optional: true }),
};

/** Events and anomalies say who they are about in the same words. */
const ABOUT: Readonly<Record<string, ItemField<Pick<Event, 'severity' | 'subject'>>>> = {
  severity: says(wordKind(SEVERITIES, { ordered: true }), ({ severity }) => severity, { about: 'how grave it is' }),
  vrid: says(OCTET, ({ subject }) => subject.vrid, { about: 'virtual router', optional: true }),
  family: says(FAMILY, ({ subject }) => subject.family, { about: 'address family', optional: true }),
  address: says(ADDRESS_KIND, ({ subject }) => subject.address, { about: 'address it is about', optional: true }),
  mac: says(MAC, ({ subject }) => subject.mac, { about: 'MAC address it is about', optional: true }),
  daemon: says(TEXT, ({ subject }) => subject.daemon, { about: 'id of the sync daemon', optional: true }),
  interface: says(TEXT, ({ subject }) => subject.interface, { about: 'where it was seen', optional: true }),
  vlan: says(VLAN_KIND, ({ subject }) => subject.vlan, { about: 'VLAN id of its frames', optional: true }),
};

export const SERVICES: ItemList<Service> = {
  fields: {
    id: says(TEXT, (service) => service.id, { about: 'tcp-10.0.0.1:443, or fwm-9 for a firewall mark' }),
    proto: says(TEXT, (service) => service.proto, { about: 'tcp, udp or sctp; of a firewall mark none', optional: true }),
    family: says(FAMILY, (service) => service.family, { about: 'address family' }),
    vip: says(ENDPOINT_KIND, (service) => service.virtual, { about: 'virtual address and port', aliases: ['virtual'], optional: true }),
    port: says(PORT_KIND, (service) => service.virtual?.port, { about: 'virtual port', aliases: ['virtual.port'], optional: true }),
    fwmark: says(FWMARK_KIND, (service) => service.fwmark, { about: 'firewall mark', optional: true }),
    persistent: says(WHOLE, (service) => service.persistentSeconds, {
      about: 'persistence timeout in seconds',
      aliases: ['persistentSeconds'],
      optional: true,
    }),
    dest: says(ENDPOINT_KIND, (service) => service.destinations.map(({ destination }) => destination), {
      about: 'any of its real servers',
      aliases: ['destination', 'destinations'],
      optional: true,
    }),
    forward: says(wordKind(FORWARD_NAMES), (service) => service.destinations.map(({ forward }) => forward), {
      about: 'forwarding method of any of its real servers',
      optional: true,
    }),
    ...LOCATION,
  },
  idOf: ({ id }) => id,
};

export const SERVICE_HISTORIES: ItemList<ServiceHistory> = {
  fields: { id: says(TEXT, (service) => service.id, { about: 'that of the service' }) },
  idOf: ({ id }) => id,
};

export const DAEMONS: ItemList<Daemon> = {
  fields: {
    role: says(wordKind(['sender', 'listener']), (daemon) => daemon.role, { about: 'what it does' }),
    address: says(ADDRESS_KIND, (daemon) => daemon.address, { about: 'its address' }),
    mac: says(MAC, (daemon) => daemon.mac, { about: 'its MAC address', optional: true }),
    syncid: says(OCTET, (daemon) => daemon.syncid, { about: 'sync id; of a listener none', optional: true }),
    group: says(ADDRESS_KIND, (daemon) => daemon.group, { about: 'multicast group' }),
    port: says(PORT_KIND, (daemon) => daemon.ports, { about: 'lowest or highest port seen', aliases: ['ports'], optional: true }),
    version: says(wordKind(['0', '1']), (daemon) => daemon.version, { about: 'of the sync protocol', optional: true }),
    records: says(WHOLE, (daemon) => daemon.records, { about: 'records sent', optional: true }),
    lost: says(WHOLE, (daemon) => daemon.lostDatagrams, { about: 'datagrams lost', aliases: ['lostDatagrams'], optional: true }),
    lastSeen: says(TIME_KIND, (daemon) => daemon.lastSeen, { about: 'when it was last heard' }),
    ...LOCATION,
  },
  idOf: ({ id }) => id,
};

export const VIRTUAL_ROUTERS: ItemList<VirtualRouter> = {
  fields: {
    vrid: says(OCTET, (router) => router.vrid, { about: 'virtual router' }),
    family: says(FAMILY, (router) => router.family, { about: 'address family' }),
    version: says(wordKind(['2', '3']), (router) => router.version, { about: 'of VRRP' }),
    group: says(ADDRESS_KIND, (router) => router.group, { about: 'multicast group; of unicast peers none', optional: true }),
    state: says(wordKind(['master', 'lost', 'two_masters']), (router) => router.state, { about: 'whether it has a master' }),
    since: says(TIME_KIND, (router) => router.since, { about: 'when that began' }),
    master: says(ADDRESS_KIND, (router) => router.master?.address, { about: 'address of the master', optional: true }),
    priority: says(OCTET, (router) => router.master?.priority, { about: 'of the master', optional: true }),
    address: says(ADDRESS_KIND, (router) => router.addresses, {
      about: 'any of its virtual addresses',
      aliases: ['addresses', 'vip'],
      optional: true,
    }),
    router: says(ADDRESS_KIND, (router) => router.routers.map(({ address }) => address), {
      about: 'address of any router in it',
      aliases: ['routers'],
    }),
    ready: says(FLAG, (router) => router.readiness.failoverKeepsSessions, {
      about: 'whether a failover now would keep the sessions; none: cannot be told',
      optional: true,
    }),
    ...LOCATION,
  },
  idOf: ({ id }) => id,
};

export const VRRP_HISTORIES: ItemList<VrrpHistory> = {
  fields: {
    id: says(TEXT, (router) => router.id, { about: 'that of the virtual router' }),
    vrid: says(OCTET, (router) => router.vrid, { about: 'virtual router' }),
    family: says(FAMILY, (router) => router.family, { about: 'address family' }),
    ...LOCATION,
  },
  idOf: ({ id }) => id,
};

export const NEIGHBORS: ItemList<Neighbor> = {
  fields: {
    address: says(ADDRESS_KIND, (neighbor) => neighbor.address, { about: 'its address' }),
    family: says(FAMILY, (neighbor) => neighbor.family, { about: 'address family' }),
    mac: says(MAC, (neighbor) => neighbor.macs.map(({ mac }) => mac), { about: 'any that has claimed the address', optional: true }),
    vip: says(FLAG, (neighbor) => neighbor.vip, { about: 'whether it is a virtual address' }),
    changes: says(WHOLE, (neighbor) => neighbor.changes, { about: 'how often the MAC address changed' }),
    ...LOCATION,
  },
  idOf: ({ id }) => id,
};

export const GROUPS: ItemList<Group> = {
  fields: {
    group: says(ADDRESS_KIND, ({ group }) => group, { about: 'multicast group' }),
    family: says(FAMILY, (group) => group.family, { about: 'address family' }),
    member: says(ADDRESS_KIND, (group) => group.members.map(({ address }) => address), {
      about: 'address of any member',
      aliases: ['members'],
      optional: true,
    }),
    mac: says(MAC, (group) => group.members.flatMap(({ mac }) => mac ?? []), { about: 'MAC address of any member', optional: true }),
    querier: says(ADDRESS_KIND, (group) => group.querier?.address, { about: 'who asks', optional: true }),
    ...LOCATION,
  },
  idOf: ({ id }) => id,
};

export const FAILOVERS: ItemList<Failover> = {
  fields: {
    at: says(TIME_KIND, (failover) => failover.at, { about: 'when the master changed' }),
    vrid: says(OCTET, (failover) => failover.vrid, { about: 'virtual router' }),
    family: says(FAMILY, (failover) => failover.family, { about: 'address family' }),
    from: says(ADDRESS_KIND, (failover) => failover.from, { about: 'the master before', optional: true }),
    to: says(ADDRESS_KIND, (failover) => failover.to, { about: 'the new master' }),
    reason: says(wordKind(FAILOVER_REASONS), (failover) => failover.reason, { about: 'why' }),
    gapMs: says(DECIMAL_KIND, (failover) => failover.gapMs, { about: 'milliseconds without a master', optional: true }),
    lost: says(WHOLE, (failover) => failover.sessions.lost, { about: 'sessions lost', aliases: ['sessions.lost'] }),
    ...LOCATION,
  },
  idOf: ({ id }) => id,
};

export const ANOMALIES: ItemList<Anomaly> = {
  fields: {
    kind: says(wordKind(ANOMALY_KINDS), (anomaly) => anomaly.kind, { about: 'which rule' }),
    check: says(wordKind(['raised', 'clear', 'unknown']), (anomaly) => anomaly.check, { about: 'whether it is so now' }),
    count: says(WHOLE, (anomaly) => anomaly.count, { about: 'how often it was found' }),
    firstSeen: says(TIME_KIND, (anomaly) => anomaly.firstSeen, { about: 'when it was first found', optional: true }),
    lastSeen: says(TIME_KIND, (anomaly) => anomaly.lastSeen, { about: 'when it was last found', optional: true }),
    endedAt: says(TIME_KIND, (anomaly) => anomaly.endedAt, { about: 'when it ended', optional: true }),
    text: says(TEXT, (anomaly) => anomaly.text, { about: 'what was seen, in words' }),
    ...ABOUT,
  },
  idOf: ({ id }) => id,
};

export const EVENTS: ItemList<Event> = {
  fields: {
    at: says(TIME_KIND, (event) => event.at, { about: 'when it happened' }),
    kind: says(wordKind(EVENT_KINDS), (event) => event.kind, { about: 'what happened' }),
    text: says(TEXT, (event) => event.text, { about: 'what happened, in words' }),
    from: says(TEXT, (event) => event.from, { about: 'what or who it was before', optional: true }),
    to: says(TEXT, (event) => event.to, { about: 'what or who it is now', optional: true }),
    reason: says(TEXT, (event) => event.reason, { about: 'why', optional: true }),
    gapMs: says(DECIMAL_KIND, (event) => event.gapMs, { about: 'milliseconds of the gap', optional: true }),
    ...ABOUT,
  },
  idOf: ({ id }) => id,
};

export const CAPTURES: ItemList<CaptureStatus> = {
  fields: {
    interface: says(TEXT, (capture) => capture.interface, { about: 'which interface', optional: true }),
    kind: says(TEXT, (capture) => capture.kind, { about: 'how frames are captured' }),
    up: says(FLAG, (capture) => capture.up, { about: 'whether it is up' }),
  },
  idOf: ({ id }) => id,
};
