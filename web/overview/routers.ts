/** What the strip of a virtual router says. Pure. */
import type { Failover } from '../../src/contract/failover.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { isSameRouter } from '../parts/virtual-router.ts';

type Role = VirtualRouter['routers'][number]['role'];

const ROLES_OF_BACKUPS: readonly Role[] = ['backup', 'silent_backup'];

/** More routers than there is room for must not hide the one that matters. */
export function troubleFirst(routers: readonly VirtualRouter[]): VirtualRouter[] {
  const rank = ({ state, readiness }: VirtualRouter) => (state === 'master' ? 2 : 0) + (readiness.failoverKeepsSessions === false ? 0 : 1);
  return [...routers].sort((a, b) => rank(a) - rank(b));
}

/** Who was heard last, where nobody is master; undefined: somebody is, or nobody was heard. */
export function lastHeardOf({ state, routers }: VirtualRouter): string | undefined {
  if (state !== 'lost') return undefined;
  const heard = routers.filter(({ lastAdvert }) => lastAdvert !== null);
  return heard.sort((a, b) => Date.parse(b.lastAdvert ?? '') - Date.parse(a.lastAdvert ?? ''))[0]?.address;
}

/** Those that listen to the adverts. */
export const backupsOf = ({ routers }: VirtualRouter): VirtualRouter['routers'] =>
  routers.filter(({ role }) => ROLES_OF_BACKUPS.includes(role));

/** `2 backups, best 150`: a priority is known of those that were heard. */
export function backupsText(backups: VirtualRouter['routers']): string {
  const priorities = backups.flatMap(({ priority }) => priority ?? []);
  const best = priorities.length === 0 ? '' : `, best ${Math.max(...priorities)}`;
  return backups.length === 0 ? 'no backup seen' : `${backups.length} ${backups.length === 1 ? 'backup' : 'backups'}${best}`;
}

export interface Deadline {
  /** When the master is given up unless it is heard, and how long after its last advert that is; in milliseconds. */
  readonly atMillis: number;
  readonly spanMillis: number;
}

/** Null while there is no master to wait for. */
export function deadlineOf({ masterDownAt, master, routers }: VirtualRouter): Deadline | null {
  if (masterDownAt === null) return null;
  const lastAdvert = routers.find(({ address }) => address === master?.address)?.lastAdvert ?? null;
  const atMillis = Date.parse(masterDownAt);
  return { atMillis, spanMillis: lastAdvert === null ? 0 : atMillis - Date.parse(lastAdvert) };
}

/** How much of the wait is left, 0..1, and in words. */
export function leftOf({ atMillis, spanMillis }: Deadline, nowMillis: number): { readonly share: number; readonly text: string } {
  const seconds = (atMillis - nowMillis) / 1000;
  const share = spanMillis <= 0 ? 0 : Math.max(0, Math.min(1, (atMillis - nowMillis) / spanMillis));
  return { share, text: seconds < 0 ? 'overdue' : `${seconds.toFixed(1)} s` };
}

/** @param failovers latest first */
export const lastFailoverOf = (router: VirtualRouter, failovers: readonly Failover[]): Failover | undefined =>
  failovers.find((failover) => isSameRouter(failover, router));

/** `0.36 s`, or that there was a master all the time. */
export const gapText = (gapMs: number | null): string =>
  gapMs === null ? 'no gap' : `gap ${(gapMs / 1000).toFixed(gapMs < 995 ? 2 : 1)} s`;

/** What a line has room for. */
const MOST_NAMED = 5;
const TROUBLE = { master: null, lost: 'no master', two_masters: 'two masters' } as const;

/** `3, all have one master`, or who has none: said aloud when it changes. */
export function routersText(routers: readonly VirtualRouter[]): string {
  const trouble = routers.filter(({ state }) => state !== 'master');
  if (routers.length === 0) return 'none heard';
  if (trouble.length === 0) return `${routers.length}, ${routers.length === 1 ? 'with' : 'each with'} one master`;
  const named = trouble.slice(0, MOST_NAMED).map(({ vrid, state }) => `VRID ${vrid} ${TROUBLE[state]}`);
  const others = trouble.length - named.length;
  return `${routers.length}, in trouble: ${[...named, ...(others > 0 ? [`${others} more`] : [])].join(', ')}`;
}
