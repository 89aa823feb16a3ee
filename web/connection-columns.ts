/** The columns of `ipvsadm -Lnc`, then what only an observer knows. */
import type { Connection } from '../src/contract/connection.ts';
import type { FilterField } from './filter.ts';
import { countText, durationText, endpointText, expireText, secondsUntil } from './text.ts';

export interface Column {
  readonly name: string;
  readonly title: string;
  text(connection: Connection, nowMillis: number): string;
  /** The filter field and value that a click on the cell adds. */
  term?(connection: Connection): readonly [FilterField, string];
}

const ageSeconds = (c: Connection, nowMillis: number): number => (nowMillis - Date.parse(c.firstSeen)) / 1000;

export const COLUMNS: readonly Column[] = [
  { name: 'pro', title: 'protocol', text: (c) => c.proto.toUpperCase(), term: (c) => ['proto', c.proto] },
  { name: 'expire', title: 'minutes and seconds left', text: (c, now) => expireText(secondsUntil(Date.parse(c.expiresAt), now)) },
  { name: 'state', title: 'as ipvsadm names it', text: (c) => c.state, term: (c) => ['state', c.state] },
  { name: 'source', title: 'the client', text: (c) => endpointText(c.client), term: (c) => ['client', c.client.address] },
  { name: 'virtual', title: 'the virtual service', text: (c) => endpointText(c.virtual), term: (c) => ['vip', endpointText(c.virtual)] },
  {
    name: 'destination',
    title: 'the real server',
    text: (c) => endpointText(c.destination),
    term: (c) => ['dest', endpointText(c.destination)],
  },
  { name: 'age', title: 'since it was first heard of', text: (c, now) => durationText(ageSeconds(c, now)) },
  { name: 'syncs', title: 'sync records heard of it', text: (c) => countText(c.syncCount) },
  { name: 'origin', title: 'synced: its sender had learnt it from another director', text: (c) => c.origin },
];
