/** `npm run docs`: writes the pages of `docs/` that are made from the code, which must be built. */
import { readFileSync, writeFileSync } from 'node:fs';
import { livePage } from './docs-live.js';
import { metricsPage } from './docs-metrics.js';
import { anomaliesPage, eventsPage } from './docs-text.js';

const built = (path) => import(new URL(`../dist/src/${path}`, import.meta.url).href);
const write = (name, text) => writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);

const { RULES } = await built('state/rules/all.js');
const { STATE_EVENT_KINDS } = await built('state/events.js');
write('anomalies.md', anomaliesPage(RULES));
write('events.md', eventsPage(RULES, STATE_EVENT_KINDS));

const { createMonitor } = await built('state/monitor.js');
const { createMetrics } = await built('metrics/registry.js');
const monitor = createMonitor({ maxSessions: 1, trackChanges: false });
const about = { nowMicros: () => 0, capture: () => [], store: () => null, sensor: '', version: '' };
write('metrics.md', metricsPage(createMetrics({ ...about, monitor, compat: true }).families()));

const { LIVE_TIMING } = await built('http/live-hub.js');
const example = readFileSync(new URL('../docs/live-client.js', import.meta.url), 'utf8');
write('live.md', livePage(await built('contract/live.js'), LIVE_TIMING, example));
