/** What the lists of services, daemons, virtual routers and events can be filtered by. */
import type { Daemon } from './daemon.ts';
import type { Event } from './event.ts';
import type { ItemField, ItemList } from './item-list.ts';
import type { Service } from './service.ts';
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

export const EVENTS: ItemList<Event> = {
  fields: {
    kind: { of: (event) => event.kind },
    severity: { of: (event) => event.severity, values: ['info', 'warning', 'critical'] },
    vrid: { of: (event) => event.subject.vrid },
    family: { of: (event) => event.subject.family, values: [...FAMILIES, 'none'] },
    address: { of: (event) => event.subject.address },
    interface: { of: (event) => event.subject.interface },
    vlan: { of: (event) => event.subject.vlan },
  },
  idOf: ({ id }) => id,
  // Oldest first, as they were logged.
  order: 'at',
};
