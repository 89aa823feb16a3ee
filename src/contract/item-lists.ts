/** What the lists that are short enough to be made whole can be filtered by. */
import { ANOMALY_KINDS, type Anomaly } from './anomaly.ts';
import type { Daemon } from './daemon.ts';
import { EVENT_KINDS, type Event } from './event.ts';
import { FAILOVER_REASONS, type Failover } from './failover.ts';
import type { Group } from './group.ts';
import type { ItemField, ItemList } from './item-list.ts';
import type { Neighbor } from './neighbor.ts';
import type { Service } from './service.ts';
import { SEVERITIES } from './subject.ts';
import type { VirtualRouter } from './vrrp.ts';

interface Located {
  readonly interface: string | null;
  readonly vlan: number | null;
}

const FAMILIES = ['ipv4', 'ipv6'];
const LOCATION: Readonly<Record<string, ItemField<Located>>> = {
  interface: { of: (item) => item.interface },
  vlan: { of: (item) => item.vlan },
};

/** Events and anomalies say who they are about in the same words. */
const ABOUT: Readonly<Record<string, ItemField<Pick<Event, 'severity' | 'subject'>>>> = {
  severity: { of: ({ severity }) => severity, values: SEVERITIES },
  vrid: { of: ({ subject }) => subject.vrid },
  family: { of: ({ subject }) => subject.family, values: [...FAMILIES, 'none'] },
  address: { of: ({ subject }) => subject.address },
  mac: { of: ({ subject }) => subject.mac },
  interface: { of: ({ subject }) => subject.interface },
  vlan: { of: ({ subject }) => subject.vlan },
};

export const SERVICES: ItemList<Service> = {
  fields: {
    id: { of: (service) => service.id },
    proto: { of: (service) => service.proto },
    family: { of: (service) => service.family, values: FAMILIES },
    vip: { of: (service) => service.virtual?.address },
    port: { of: (service) => service.virtual?.port },
    fwmark: { of: (service) => service.fwmark },
    ...LOCATION,
  },
  idOf: ({ id }) => id,
  order: null,
};

export const DAEMONS: ItemList<Daemon> = {
  fields: {
    role: { of: (daemon) => daemon.role, values: ['sender', 'listener'] },
    address: { of: (daemon) => daemon.address },
    syncid: { of: (daemon) => daemon.syncid },
    group: { of: (daemon) => daemon.group },
    version: { of: (daemon) => daemon.version, values: ['0', '1'] },
    ...LOCATION,
  },
  idOf: ({ id }) => id,
  order: null,
};

export const VIRTUAL_ROUTERS: ItemList<VirtualRouter> = {
  fields: {
    vrid: { of: (router) => router.vrid },
    family: { of: (router) => router.family, values: FAMILIES },
    state: { of: (router) => router.state, values: ['master', 'lost', 'two_masters'] },
    master: { of: (router) => router.master?.address },
    ...LOCATION,
  },
  idOf: ({ id }) => id,
  order: null,
};

export const NEIGHBORS: ItemList<Neighbor> = {
  fields: {
    address: { of: (neighbor) => neighbor.address },
    family: { of: (neighbor) => neighbor.family, values: FAMILIES },
    // Of any that has claimed the address.
    mac: { of: (neighbor) => neighbor.macs.map(({ mac }) => mac) },
    vip: { of: (neighbor) => neighbor.vip, values: ['true', 'false'] },
    ...LOCATION,
  },
  idOf: ({ id }) => id,
  order: null,
};

export const GROUPS: ItemList<Group> = {
  fields: {
    group: { of: ({ group }) => group },
    family: { of: (group) => group.family, values: FAMILIES },
    member: { of: (group) => group.members.map(({ address }) => address) },
    mac: { of: (group) => group.members.flatMap(({ mac }) => mac ?? []) },
    querier: { of: (group) => group.querier?.address },
    ...LOCATION,
  },
  idOf: ({ id }) => id,
  order: null,
};

export const FAILOVERS: ItemList<Failover> = {
  fields: {
    vrid: { of: (failover) => failover.vrid },
    family: { of: (failover) => failover.family, values: FAMILIES },
    from: { of: (failover) => failover.from },
    to: { of: (failover) => failover.to },
    reason: { of: (failover) => failover.reason, values: FAILOVER_REASONS },
    ...LOCATION,
  },
  idOf: ({ id }) => id,
  // Oldest first.
  order: 'at',
};

export const ANOMALIES: ItemList<Anomaly> = {
  fields: {
    kind: { of: (anomaly) => anomaly.kind, values: ANOMALY_KINDS },
    check: { of: (anomaly) => anomaly.check, values: ['raised', 'clear', 'unknown'] },
    ...ABOUT,
  },
  idOf: ({ id }) => id,
  order: null,
};

export const EVENTS: ItemList<Event> = {
  fields: { kind: { of: (event) => event.kind, values: EVENT_KINDS }, ...ABOUT },
  idOf: ({ id }) => id,
  // Oldest first, as they were logged.
  order: 'at',
};
