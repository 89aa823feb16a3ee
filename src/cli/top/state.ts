/** What `lvscope top` shows, as values: keys and answers make a new one, the view is a function of it. */
import type { CaptureStatus } from '../../contract/capture.ts';
import type { Connection } from '../../contract/connection.ts';
import type { Daemon } from '../../contract/daemon.ts';
import type { Event } from '../../contract/event.ts';
import type { Service } from '../../contract/service.ts';
import type { Status } from '../../contract/status.ts';
import type { VirtualRouter } from '../../contract/vrrp.ts';

export const TABS = ['services', 'connections', 'events'] as const;
export type Tab = (typeof TABS)[number];

/** What each table can be sorted by, in the order of its columns; the first one to begin with. */
export const ORDERS = {
  services: ['active', 'inactive', 'new', 'share'],
  connections: ['age', 'expires', 'state', 'client', 'virtual', 'destination', 'syncCount'],
  events: ['at'],
} as const satisfies Readonly<Record<Tab, readonly string[]>>;

export type Table =
  | { readonly tab: 'services'; readonly items: readonly Service[] }
  | { readonly tab: 'connections'; readonly items: readonly Connection[] }
  | { readonly tab: 'events'; readonly items: readonly Event[] };

/** One look at the monitor. */
export interface Look {
  readonly status: Status;
  readonly captures: readonly CaptureStatus[];
  readonly routers: readonly VirtualRouter[];
  readonly daemons: readonly Daemon[];
  readonly table: Table;
  /** By source, since the look before; absent for one that was not there then. */
  readonly packetsPerSecond: ReadonlyMap<string, number>;
}

export interface TabState {
  readonly order: number;
  readonly descending: boolean;
  readonly filter: string;
  /** Rows above the first one shown. */
  readonly offset: number;
}

export interface TopState {
  readonly url: string;
  readonly tab: Tab;
  readonly tabs: Readonly<Record<Tab, TabState>>;
  /** The filter as it is being typed; null when nobody types. */
  readonly typed: string | null;
  readonly paused: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Null until the first answer. */
  readonly look: Look | null;
  /** Why the latest question was not answered; null when it was. */
  readonly problem: string | null;
}

export function firstState(url: string, columns: number, rows: number, tab: Tab = TABS[0], filter = ''): TopState {
  // The greatest first; of connections the youngest, since their age is asked for.
  const fresh = { order: 0, descending: true, filter: '', offset: 0 };
  const tabs = { services: fresh, connections: { ...fresh, descending: false }, events: fresh };
  return {
    url,
    tab,
    tabs: { ...tabs, [tab]: { ...tabs[tab], filter } },
    typed: null,
    paused: false,
    columns,
    rows,
    look: null,
    problem: null,
  };
}

export function withTab(state: TopState, change: Partial<TabState>): TopState {
  return { ...state, tabs: { ...state.tabs, [state.tab]: { ...state.tabs[state.tab], ...change } } };
}

/** As REST has it. */
export function sortOf({ tab, tabs }: TopState): string {
  const { order, descending } = tabs[tab];
  return `${descending ? '-' : ''}${ORDERS[tab][order]}`;
}
