/** The server itself: what it was asked, and who watches live. */
import type { Registry } from 'prom-client';
import { LIVE_DROP_REASONS } from '../contract/http-numbers.ts';
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
}
