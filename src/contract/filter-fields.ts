/** What each list can be filtered by, described: for the documentation, OpenAPI and completion. */
import { CONNECTIONS } from './connection-query.ts';
import type { FieldDescription } from './field.ts';
import { filterableOf } from './item-list.ts';
import { ANOMALIES, CAPTURES, DAEMONS, EVENTS, FAILOVERS, GROUPS, NEIGHBORS, SERVICES, VIRTUAL_ROUTERS } from './item-lists.ts';

const FIELDS = {
  connections: CONNECTIONS.fields,
  services: filterableOf(SERVICES).fields,
  vrrp: filterableOf(VIRTUAL_ROUTERS).fields,
  neighbors: filterableOf(NEIGHBORS).fields,
  groups: filterableOf(GROUPS).fields,
  daemons: filterableOf(DAEMONS).fields,
  events: filterableOf(EVENTS).fields,
  anomalies: filterableOf(ANOMALIES).fields,
  failovers: filterableOf(FAILOVERS).fields,
  capture: filterableOf(CAPTURES).fields,
} as const;

export type FilteredNoun = keyof typeof FIELDS;
export const FILTERED_NOUNS = Object.keys(FIELDS) as FilteredNoun[];

/** In the order in which they are to be shown. */
export function fieldsOf(noun: FilteredNoun): readonly FieldDescription[] {
  return FIELDS[noun].map(({ description }) => description);
}
