/**
 * Whose sync counts when there is not room for all: senders that are VRRP masters. Where none of them is, as where no adverts are
 * seen, the one of each segment that has been heard of longest and still is.
 */
import { addressKey } from '../../dissectors/address.ts';
import type { Daemon } from './daemons.ts';
import type { World } from './rule.ts';

/** A sender that says nothing for so long has left its place to others. */
const SILENT_MICROS = 900_000_000;

/** Marks the known ones of all daemons, by index. Called each second: so long a new one is a stranger. */
export function markKnown({ daemons, routers }: Pick<World, 'daemons' | 'routers'>, known: Uint8Array, nowMicros: number): void {
  const masters = routers.all.flatMap(({ state, master }) => (state !== 'lost' && master ? [master] : []));
  const addresses = new Set(masters.map(({ address }) => addressKey(address)));
  const macs = new Set(masters.map(({ mac }) => mac));
  const isMaster = ({ address, mac }: Daemon): boolean => addresses.has(addressKey(address)) || (mac !== null && macs.has(mac));
  const heard = daemons.all.filter(({ lastSeenMicros }) => nowMicros - lastSeenMicros < SILENT_MICROS);
  const chosen = heard.filter(isMaster);
  known.fill(0);
  for (const { index } of chosen.length > 0 ? chosen : longestOf(heard)) known[index] = 1;
}

/** They are in the order in which they were first heard. */
function longestOf(heard: readonly Daemon[]): Daemon[] {
  const bySegment = new Map<number, Daemon>();
  for (const daemon of heard) if (!bySegment.has(daemon.segment)) bySegment.set(daemon.segment, daemon);
  return [...bySegment.values()];
}
