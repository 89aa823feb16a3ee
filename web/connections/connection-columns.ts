/** The columns of `ipvsadm -Lnc`, then what only an observer knows. */
import type { Connection } from '../../src/contract/connection.ts';
import type { Column } from '../grid/column.ts';
import { countText, durationText, endpointText, expireText, secondsUntil } from '../parts/text.ts';
import { toneOf } from '../parts/tone.ts';
import { CERTAINTIES, certaintyOf } from './certainty.ts';

/** `255.255.255.255:65535`: a column for IPv4 is never narrower, so that it does not move. */
const ENDPOINT = { characters: 21 };

const ageSeconds = (c: Connection, nowMillis: number): number => (nowMillis - Date.parse(c.firstSeen)) / 1000;

/** @param heardMillis when a sync sender was last heard, by the id of its daemon; null: not known */
export function connectionColumns(heardMillis: (daemonId: string) => number | null): readonly Column<Connection>[] {
  const certainty = (c: Connection, now: number) => certaintyOf(c, now, heardMillis(c.daemonId));
  return [
    ...COLUMNS,
    {
      name: 'certainty',
      title: 'how far the row can be trusted; the pointer on it tells why',
      width: '9ch',
      tone: (c, now) => CERTAINTIES[certainty(c, now)].tone,
      text: certainty,
      hint: (c, now) => CERTAINTIES[certainty(c, now)].meaning,
    },
  ];
}

const COLUMNS: readonly Column<Connection>[] = [
  { name: 'pro', title: 'protocol', width: '4ch', sort: 'proto', text: (c) => c.proto.toUpperCase(), term: (c) => ['proto', c.proto] },
  {
    name: 'expire',
    title: 'minutes and seconds left',
    width: '7ch',
    sort: 'expires',
    isNumber: true,
    text: (c, now) => expireText(secondsUntil(Date.parse(c.expiresAt), now)),
  },
  {
    name: 'state',
    title: 'as ipvsadm names it',
    width: '11ch',
    sort: 'state',
    tone: (c) => toneOf(c.state),
    text: (c) => c.state,
    term: (c) => ['state', c.state],
  },
  {
    name: 'source',
    title: 'the client',
    width: ENDPOINT,
    sort: 'client',
    text: (c) => endpointText(c.client),
    term: (c) => ['client', c.client.address],
  },
  {
    name: 'virtual',
    title: 'the virtual service',
    width: ENDPOINT,
    sort: 'virtual',
    text: (c) => endpointText(c.virtual),
    term: (c) => ['vip', endpointText(c.virtual)],
  },
  {
    name: 'destination',
    title: 'the real server',
    width: ENDPOINT,
    sort: 'destination',
    text: (c) => endpointText(c.destination),
    term: (c) => ['dest', endpointText(c.destination)],
  },
  {
    name: 'age',
    title: 'since it was first heard of',
    width: '7ch',
    sort: 'age',
    isNumber: true,
    text: (c, now) => durationText(ageSeconds(c, now)),
  },
  {
    name: 'syncs',
    title: 'sync records heard of it',
    width: '7ch',
    sort: 'syncCount',
    isNumber: true,
    text: (c) => countText(c.syncCount),
  },
  {
    name: 'origin',
    title: 'synced: its sender had learnt it from another director',
    width: '6ch',
    sort: 'origin',
    text: (c) => c.origin,
    term: (c) => ['origin', c.origin],
  },
];
