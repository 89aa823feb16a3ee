/** What each list can be filtered by, sorted by and cut down to, for completion: from the same definitions as the API. */
import { AnomalySchema } from '../../contract/anomaly.ts';
import { CaptureStatusSchema } from '../../contract/capture.ts';
import { ConnectionSchema } from '../../contract/connection.ts';
import { CONNECTION_ORDERS } from '../../contract/connection-order.ts';
import { DaemonSchema } from '../../contract/daemon.ts';
import { EventSchema } from '../../contract/event.ts';
import { FailoverSchema } from '../../contract/failover.ts';
import type { FieldDescription } from '../../contract/field.ts';
import { type FilteredNoun, fieldsOf } from '../../contract/filter-fields.ts';
import { GroupSchema } from '../../contract/group.ts';
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

const SCHEMAS: Readonly<Record<FilteredNoun, Parameters<typeof shapeFields>[0]>> = {
  connections: ConnectionSchema,
  services: ServiceSchema,
  vrrp: VirtualRouterSchema,
  neighbors: NeighborSchema,
  groups: GroupSchema,
  daemons: DaemonSchema,
  events: EventSchema,
  anomalies: AnomalySchema,
  failovers: FailoverSchema,
  capture: CaptureStatusSchema,
};

const isList = (noun: string): noun is FilteredNoun => Object.hasOwn(SCHEMAS, noun);

/** Null for what is no list. */
export function listWords(noun: string): ListWords | null {
  if (!isList(noun)) return null;
  const fields = shapeFields(SCHEMAS[noun]);
  return {
    filters: fieldsOf(noun),
    // The table is too large to be sorted by anything.
    orders: noun === 'connections' ? CONNECTION_ORDERS : itemOrders(fields),
    fields: fields.map(({ name }) => name),
  };
}
