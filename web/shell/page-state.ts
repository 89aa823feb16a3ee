/** What all of the page shares: where one is, the moment that is shown, the connection to the monitor, its clock. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { FieldDescription } from '../../src/contract/field.ts';
import type { LiveNoun } from '../../src/contract/live.ts';
import type { Status } from '../../src/contract/status.ts';
import { askServer } from '../data/ask-server.ts';
import { type Link, openLive } from '../data/live.ts';
import { createServerClock } from '../data/server-clock.ts';
import { openTable, type Table, type TableSource } from '../data/table.ts';
import { hrefOf, type Place, placeOf } from './place.ts';

/** What a list can be filtered by and sorted by. */
interface ListFields {
  readonly fields: readonly FieldDescription[];
  readonly orders: readonly string[];
}

export interface PageState extends TableSource {
  /** Tables of now, whatever moment is shown. */
  readonly present: TableSource;
  readonly link: ReadonlySignal<Link>;
  readonly place: ReadonlySignal<Place>;
  /** A parameter that is null is taken out of the address; those not named stay. */
  setQuery(query: Readonly<Record<string, string | null>>): void;
  /** Whether an address is one of the page's. */
  isOurs(href: string): boolean;
  follow(href: string): void;
  /** The address of another page at the moment that is shown. */
  hrefOf(page: Place['page'], id?: string | null, query?: Place['query']): string;
  /** Shows another moment, or null: now. */
  showMoment(at: string | null): void;
  readonly paused: Signal<boolean>;
  /** Of now. */
  readonly status: ReadonlySignal<Status | null>;
  /** Of the moment that is shown; tells whether that is kept, and made again already. */
  readonly statusThen: Table<'status'>;
  /** Milliseconds: the moment that is shown, or the server's time, a step each second; stands still while the connection is lost. */
  readonly now: ReadonlySignal<number>;
  /** The server's time, whatever moment is shown. */
  readonly presentMillis: ReadonlySignal<number>;
  /** Null until the server has told them. */
  readonly lists: ReadonlySignal<Readonly<Record<LiveNoun, ListFields>> | null>;
}

const OVERVIEW: Place = { page: 'overview', id: null, query: {} };

export function createPageState(): PageState {
  const live = openLive(liveUrl(window.location));
  const place = signal(placeOf(new URL(window.location.href)) ?? OVERVIEW);
  const moment = computed(() => place.value.query.at ?? null);
  const paused = signal(false);
  const lists = signal<PageState['lists']['value']>(null);
  const statusWindow = { noun: 'status', filter: {}, sort: null, offset: 0, limit: 1 } as const;
  const present: TableSource = { live, moment: signal(null), paused: signal(false) };
  const statuses = openTable(present, statusWindow);
  const status = computed(() => statuses.rows.value?.items[0] ?? null);
  const presentMillis = createServerClock(live.link, status);
  const now = computed(() => (moment.value === null ? presentMillis.value : Date.parse(moment.value)));

  window.addEventListener('popstate', () => {
    place.value = placeOf(new URL(window.location.href)) ?? OVERVIEW;
  });
  // A server that was started again may be a newer one.
  effect(() => {
    if (live.link.value.phase !== 'live') return;
    void askServer('/api/v1/filters', new AbortController().signal).then((answer) => {
      if (answer.fault === null) lists.value = answer.body as PageState['lists']['value'];
    });
  });

  function move(to: Place, how: 'push' | 'replace'): void {
    place.value = to;
    window.history[how === 'push' ? 'pushState' : 'replaceState'](null, '', hrefOf(to));
  }

  function setQuery(query: Readonly<Record<string, string | null>>): void {
    const all = Object.entries({ ...place.peek().query, ...query });
    move({ ...place.peek(), query: Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null)) }, 'replace');
  }

  return {
    live,
    present,
    link: live.link,
    place,
    moment,
    paused,
    status,
    statusThen: openTable({ live, moment, paused }, statusWindow),
    now,
    presentMillis,
    lists,
    setQuery,
    isOurs(href) {
      const url = new URL(href, window.location.href);
      return url.origin === window.location.origin && placeOf(url) !== null;
    },
    follow(href) {
      const to = placeOf(new URL(href, window.location.href));
      if (to) move(to, 'push');
    },
    hrefOf(page, id = null, query = {}) {
      const at = moment.value;
      return hrefOf({ page, id, query: at === null ? query : { ...query, at } });
    },
    showMoment(at) {
      paused.value = false;
      setQuery({ at });
    },
  };
}

function liveUrl({ href }: Location): URL {
  const url = new URL('/api/v1/live', href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
