/** One look at the monitor: what the strips show, and as much of the table as the screen has room for. */
import type { CaptureStatus } from '../../contract/capture.ts';
import type { Status } from '../../contract/status.ts';
import type { MonitorAccess } from '../access.ts';
import { filterParameters, filterWords } from '../filters.ts';
import { apiUrl, fetchAll, fetchJson, type List } from '../monitor-client.ts';
import { type Look, sortOf, type Table, type TopState } from './state.ts';
import { tableRows } from './view.ts';

const MOST_ROWS = 1000;

async function itemsOf<Item>(access: MonitorAccess, url: URL, signal: AbortSignal): Promise<Item[]> {
  return ((await fetchAll(access, url, signal)) as List<Item>).items;
}

function tableUrl(access: MonitorAccess, state: TopState): URL {
  const { tab, tabs } = state;
  const { filter, offset } = tabs[tab];
  const url = apiUrl(access, tab);
  for (const [name, value] of filterParameters(filterWords(filter))) url.searchParams.append(name, value);
  // Services are few, and their order is that of what is counted here.
  if (tab === 'services') return url;
  url.searchParams.set('sort', sortOf(state));
  url.searchParams.set('limit', String(Math.min(MOST_ROWS, offset + tableRows(state))));
  return url;
}

function ratesOf(captures: readonly CaptureStatus[], before: Sample | null, nowMs: number): Map<string, number> {
  const rates = new Map<string, number>();
  for (const { id, packets } of captures) {
    const earlier = before?.packets.get(id);
    if (before && earlier !== undefined && nowMs > before.atMs)
      rates.set(id, Math.max(0, ((packets - earlier) * 1000) / (nowMs - before.atMs)));
  }
  return rates;
}

/** Packets by source at a moment of the steady clock, for the rate until the next look. */
export interface Sample {
  readonly atMs: number;
  readonly packets: ReadonlyMap<string, number>;
}

export interface Polled {
  readonly look: Look;
  readonly sample: Sample;
}

/** @throws OperatorError when the monitor does not answer, or refuses the filter */
export async function poll(access: MonitorAccess, state: TopState, before: Sample | null, signal: AbortSignal): Promise<Polled> {
  const list = <Item>(noun: string) => itemsOf<Item>(access, apiUrl(access, noun), signal);
  const [status, captures, routers, daemons, items] = await Promise.all([
    fetchJson(access, apiUrl(access, 'status'), { signal }) as Promise<Status>,
    list<CaptureStatus>('capture'),
    list<Look['routers'][number]>('vrrp'),
    list<Look['daemons'][number]>('daemons'),
    itemsOf<unknown>(access, tableUrl(access, state), signal),
  ]);
  const atMs = performance.now();
  const table = { tab: state.tab, items } as Table;
  return {
    look: { status, captures, routers, daemons, table, packetsPerSecond: ratesOf(captures, before, atMs) },
    sample: { atMs, packets: new Map(captures.map(({ id, packets }) => [id, packets])) },
  };
}
