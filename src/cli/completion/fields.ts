/** What each list can be filtered by, sorted by and cut down to, for completion: from the same definitions as the API. */
import type { TSchema } from 'typebox';
import { AnomalySchema } from '../../contract/anomaly.ts';
import { CaptureStatusSchema } from '../../contract/capture.ts';
import { ConnectionSchema } from '../../contract/connection.ts';
import { CONNECTION_ORDERS } from '../../contract/connection-order.ts';
import { CONNECTIONS } from '../../contract/connection-query.ts';
import { DaemonSchema } from '../../contract/daemon.ts';
import { EventSchema } from '../../contract/event.ts';
import { FailoverSchema } from '../../contract/failover.ts';
import type { FieldDescription } from '../../contract/field.ts';
import type { Filterable } from '../../contract/filter.ts';
import { GroupSchema } from '../../contract/group.ts';
import { filterableOf } from '../../contract/item-list.ts';
import {
  ANOMALIES,
  CAPTURES,
  DAEMONS,
  EVENTS,
  FAILOVERS,
  GROUPS,
  NEIGHBORS,
  SERVICES,
  VIRTUAL_ROUTERS,
} from '../../contract/item-lists.ts';
import { itemOrders } from '../../contract/item-page.ts';
import { NeighborSchema } from '../../contract/neighbor.ts';
import { ServiceSchema } from '../../contract/service.ts';
import { shapeFields } from '../../contract/shape-fields.ts';
import { VirtualRouterSchema } from '../../contract/vrrp.ts';

export interface ListWords {
  readonly filters: readonly FieldDescription[];
  readonly orders: readonly string[];
  /** Names of the shape, those inside an object with a dot. */
  readonly fields: readonly string[];
}

function wordsOf<Test>(list: Filterable<Test>, schema: TSchema, orders?: readonly string[]): ListWords {
  const fields = shapeFields(schema);
  return {
    filters: list.fields.map(({ description }) => description),
    orders: orders ?? itemOrders(fields),
    fields: fields.map(({ name }) => name),
  };
}

const MAKE: Readonly<Record<string, () => ListWords>> = {
  connections: () => wordsOf(CONNECTIONS, ConnectionSchema, CONNECTION_ORDERS),
  services: () => wordsOf(filterableOf(SERVICES), ServiceSchema),
  vrrp: () => wordsOf(filterableOf(VIRTUAL_ROUTERS), VirtualRouterSchema),
  neighbors: () => wordsOf(filterableOf(NEIGHBORS), NeighborSchema),
  groups: () => wordsOf(filterableOf(GROUPS), GroupSchema),
  daemons: () => wordsOf(filterableOf(DAEMONS), DaemonSchema),
  events: () => wordsOf(filterableOf(EVENTS), EventSchema),
  anomalies: () => wordsOf(filterableOf(ANOMALIES), AnomalySchema),
  failovers: () => wordsOf(filterableOf(FAILOVERS), FailoverSchema),
  capture: () => wordsOf(filterableOf(CAPTURES), CaptureStatusSchema),
};

/** Null for what is no list. */
export function listWords(noun: string): ListWords | null {
  return Object.hasOwn(MAKE, noun) ? MAKE[noun]() : null;
}
