/** The virtual router of a failover just before the change and now, as a hook. */
import { useComputed, useSignal } from '@preact/signals';
import type { Failover } from '../../src/contract/failover.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useTable } from '../data/use-table.ts';
import type { PageState } from '../shell/page-state.ts';
import { isRouterOf, type RouterView } from './facts.ts';

export interface KnownRouter extends RouterView {
  /** The answer about what was before is not there yet. */
  readonly isAsking: boolean;
  /** Why what was before is not known. */
  readonly fault: string | null;
}

/** @param before RFC 3339, a moment at which the old master was still there */
export function useRouterView(page: PageState, failover: Failover, before: string): KnownRouter {
  const shown = useTable(page, { noun: 'vrrp', filter: { vrid: String(failover.vrid), family: failover.family } }).rows;
  // The moment before the change is the same, whatever moment the page shows.
  const anyMoment = useSignal<string | null>(null);
  const path = `/api/v1/vrrp?${new URLSearchParams({ vrid: String(failover.vrid), family: failover.family, at: before })}`;
  const past = useAnswer<{ readonly items: readonly VirtualRouter[] }>({ ...page, moment: anyMoment }, path);
  const ours = (routers: readonly VirtualRouter[] | undefined) => routers?.find((router) => isRouterOf(failover, router)) ?? null;
  return useComputed(() => ({
    before: ours(past.body.value?.items),
    shown: ours(shown.value?.items),
    isAsking: past.body.value === null && past.fault.value === null,
    fault: past.fault.value,
  })).value;
}
