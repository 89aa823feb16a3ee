/** `npm run docs`: writes the pages of `docs/` that are made from the code, which must be built. */
import { readFileSync, writeFileSync } from 'node:fs';
import { apiPage, openApiText } from './docs-api.js';
import { doctorPage } from './docs-doctor.js';
import { filtersPage } from './docs-filters.js';
import { livePage } from './docs-live.js';
import { manualPage } from './docs-man.js';
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

const { FILTERED_NOUNS, fieldsOf } = await built('contract/filter-fields.js');
const { EXPRESSION_BOUNDS } = await built('contract/expression.js');
write('filters.md', filtersPage(FILTERED_NOUNS, fieldsOf, EXPRESSION_BOUNDS));

write('doctor.md', doctorPage((await built('cli/doctor/kinds.js')).DOCTOR_KINDS));

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
write('lvscope.1', manualPage(version, await built('cli/program.js'), await built('cli/access.js')));

const { PROBLEMS } = await built('contract/problem.js');
write('api.md', apiPage(PROBLEMS));

const { createApp } = await built('http/app.js');
// Nothing is asked of the parts that are missing: the description depends on the routes alone.
const app = createApp({
  monitor,
  ...about,
  feed: { subscribe: () => () => {} },
  past: null,
  webRoot: null,
  allowedHosts: [],
  counters: {},
});
write('openapi.json', openApiText((await app.inject({ url: '/api/v1/openapi.json' })).body));
await app.close();
