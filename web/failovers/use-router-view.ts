/** The virtual router of a failover just before the change and now, as a hook. */
import type { Failover } from '../../src/contract/failover.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useTable } from '../data/use-table.ts';
import { isSameRouter } from '../parts/virtual-router.ts';
import type { PageState } from '../shell/page-state.ts';
import type { RouterView } from './facts.ts';

export interface KnownRouter extends RouterView {
  /** The answer about what was before is not there yet. */
  readonly isAsking: boolean;
  /** Why what was before is not known. */
  readonly fault: string | null;
}

/** @param before RFC 3339, a moment at which the old master was still there; null: no history is kept of then */
export function useRouterView(page: PageState, failover: Failover, before: string | null): KnownRouter {
  const router = { vrid: String(failover.vrid), family: failover.family };
  const shown = useTable(page, { noun: 'vrrp', filter: router }).rows;
  const path = before === null ? null : `/api/v1/vrrp?${new URLSearchParams({ ...router, at: before })}`;
  // The moment before the change is the same, whatever moment the page shows.
  const past = useAnswer<{ readonly items: readonly VirtualRouter[] }>({ ...page, ...page.present }, path);
  const ours = (routers: readonly VirtualRouter[] | undefined) => routers?.find((one) => isSameRouter(failover, one)) ?? null;
  const body = past.body.value;
  const fault = before === null ? 'no history is kept of the time before the change' : past.fault.value;
  return { before: ours(body?.items), shown: ours(shown.value?.items), isAsking: body === null && fault === null, fault };
}
