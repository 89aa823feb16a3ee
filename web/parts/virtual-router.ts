/** What several pages read out of a virtual router. Pure. */
import type { VirtualRouter } from '../../src/contract/vrrp.ts';

/** What tells virtual routers apart; an event may leave out what it is not about. */
export interface RouterName {
  readonly vrid: number | undefined;
  readonly family: VirtualRouter['family'] | undefined;
  readonly interface?: string | null;
  readonly vlan?: number | null;
}

export function isSameRouter(a: RouterName, b: RouterName): boolean {
  const isSamePlace = (a.interface ?? null) === (b.interface ?? null) && (a.vlan ?? null) === (b.vlan ?? null);
  return a.vrid === b.vrid && a.family === b.family && isSamePlace;
}

export interface Master {
  readonly address: string;
  readonly priority: number | null;
}

/** Where two claim to be master, both are named. */
export function mastersOf({ state, master, routers }: VirtualRouter): readonly Master[] {
  if (state === 'two_masters') return routers.filter(({ role }) => role === 'master');
  return master ? [master] : [];
}

/** Since when the router is in its state, in milliseconds. */
export function sinceMillis({ state, master, since }: VirtualRouter): number {
  return Date.parse(state === 'master' && master ? master.since : since);
}
