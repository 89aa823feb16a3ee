/** What all views of one page share: the live tables, the server's clock, the filter, the selected cell. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Anomaly } from '../src/contract/anomaly.ts';
import type { CaptureStatus } from '../src/contract/capture.ts';
import type { Connection } from '../src/contract/connection.ts';
import type { Daemon } from '../src/contract/daemon.ts';
import type { Event } from '../src/contract/event.ts';
import type { Service } from '../src/contract/service.ts';
import type { Status } from '../src/contract/status.ts';
import type { VirtualRouter } from '../src/contract/vrrp.ts';
import { type FilterField, parseFilter, queryOf, textOfQuery, toggleTerm } from './filter.ts';
import { type Link, openLive } from './live.ts';
import { connectionDiffers, youngestFirst } from './model.ts';
import { poll } from './poll.ts';
import { createSelection, type Selection } from './selection.ts';
import { createServerClock } from './server-clock.ts';
import type { Table } from './table.ts';

/** Rows that the page asks for: more than anyone scrolls through by hand, few enough to sort at each change. */
const CONNECTION_LIMIT = 1000;
const SERVICE_LIMIT = 1000;
const EVENT_LIMIT = 100;
export const ANOMALY_LIMIT = 1000;

interface List<Item> {
  readonly items: readonly Item[];
}

export interface PageState {
  readonly link: ReadonlySignal<Link>;
  readonly connections: Table<Connection>;
  readonly services: Table<Service>;
  readonly events: Table<Event>;
  readonly status: ReadonlySignal<Status | null>;
  readonly routers: ReadonlySignal<List<VirtualRouter> | null>;
  readonly daemons: ReadonlySignal<List<Daemon> | null>;
  /** Those that are raised, the gravest first. */
  readonly anomalies: ReadonlySignal<List<Anomaly> | null>;
  readonly captures: ReadonlySignal<List<CaptureStatus> | null>;
  /** Connections in the order they are shown. */
  readonly shown: ReadonlySignal<readonly Connection[]>;
  readonly selection: Selection;
  /** The server's time in milliseconds, a step each second; stands still while the connection is lost. */
  readonly now: ReadonlySignal<number>;
  readonly filterText: Signal<string>;
  /** What is wrong with the filter, by our reading or the server's. */
  readonly filterFault: ReadonlySignal<string | null>;
  /** Adds the term to the filter; takes it out when it is there. */
  toggle(field: FilterField, value: string): void;
}

const never = (): boolean => false;
const byId = ({ id }: { readonly id: string }): string => id;

export function createPageState(): PageState {
  const live = openLive(liveUrl(window.location));
  const filterText = signal(textOfQuery(window.location.search));
  const parsed = computed(() => parseFilter(filterText.value));
  const filter = parsed.value.filter;
  const connections = live.open<Connection>({
    noun: 'connections',
    limit: CONNECTION_LIMIT,
    filter,
    keyOf: byId,
    differs: connectionDiffers,
  });
  const services = live.open<Service>({ noun: 'services', limit: SERVICE_LIMIT, filter: {}, keyOf: byId, differs: never });
  const events = live.open<Event>({ noun: 'events', limit: EVENT_LIMIT, filter: {}, keyOf: byId, differs: never });
  const statuses = live.open<Status>({ noun: 'status', limit: 1, filter: {}, keyOf: () => 'status', differs: never });
  const shown = computed(() => youngestFirst(connections.rows.value?.byId.values() ?? []));
  const status = computed(() => statuses.rows.value?.byId.get('status') ?? null);

  // The first run is the filter that the table was opened with.
  let asked = JSON.stringify(filter);
  effect(() => {
    const wanted = parsed.value;
    if (wanted.fault !== null || JSON.stringify(wanted.filter) === asked) return;
    asked = JSON.stringify(wanted.filter);
    connections.setFilter(wanted.filter);
    window.history.replaceState(null, '', window.location.pathname + queryOf(wanted.filter));
  });

  return {
    link: live.link,
    connections,
    services,
    events,
    status,
    routers: poll('/api/v1/vrrp?limit=1000', live.link, events.rows),
    daemons: poll('/api/v1/daemons?limit=1000', live.link),
    anomalies: poll(`/api/v1/anomalies?check=raised&limit=${ANOMALY_LIMIT}`, live.link, events.rows),
    captures: poll('/api/v1/capture?limit=1000', live.link),
    shown,
    selection: createSelection(shown),
    now: createServerClock(live.link, status),
    filterText,
    filterFault: computed(() => parsed.value.fault ?? connections.fault.value),
    toggle(field, value) {
      filterText.value = toggleTerm(filterText.value, field, value);
    },
  };
}

function liveUrl({ href }: Location): URL {
  const url = new URL('/api/v1/live', href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
