/** The server itself: what it was asked, and who watches live. */
import type { Registry } from 'prom-client';
import { CONNECTION_DROP_REASONS, LIVE_DROP_REASONS, type ReloadStatus } from '../contract/http-numbers.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Sample, single } from './measure.ts';

export function collectServer(registry: Registry, { http }: Scrape): void {
  addCounter(registry, {
    name: 'lvscope_http_requests_total',
    help: 'Requests answered, by status code.',
    labels: ['code'],
    read: () => [...(http?.().answers ?? [])].map(([code, count]): Sample => [{ code }, count]),
  });
  addGauge(registry, {
    name: 'lvscope_websocket_clients',
    help: 'Live clients now.',
    read: () => single(http?.().liveClients ?? null),
  });
  addCounter(registry, {
    name: 'lvscope_websocket_dropped_total',
    help: 'Live clients sent away: they did not read (slow), did not answer pings (silent), or asked too much (requests).',
    labels: ['reason'],
    read() {
      const dropped = http?.().liveDropped;
      return dropped ? LIVE_DROP_REASONS.map((reason): Sample => [{ reason }, dropped.get(reason) ?? 0]) : [];
    },
  });
  addGauge(registry, {
    name: 'lvscope_http_connections',
    help: 'Open connections to this server, live clients among them.',
    read: () => single(http?.().connections ?? null),
  });
  addCounter(registry, {
    name: 'lvscope_http_connections_dropped_total',
    help: 'Connections closed for want of room: without a request in work, to make room for another (waiting), or at once because all were at work (full).',
    labels: ['reason'],
    read() {
      const dropped = http?.().connectionsDropped;
      return dropped ? CONNECTION_DROP_REASONS.map((reason): Sample => [{ reason }, dropped.get(reason) ?? 0]) : [];
    },
  });
  addGauge(registry, {
    name: 'lvscope_access_reload_successful',
    help: 'Whether the files that say who may ask (users, tokens, certificates) were right when they last changed: 1, or 0 while older ones hold.',
    read: () => single(isCurrent(http?.().reload)),
  });
  addCounter(registry, {
    name: 'lvscope_access_reload_failures_total',
    help: 'How often the files that say who may ask were wrong when they were read again.',
    read: () => single(http?.().reload?.failures ?? null),
  });
}

function isCurrent(reload: ReloadStatus | undefined): number | null {
  return reload ? Number(reload.isCurrent) : null;
}
