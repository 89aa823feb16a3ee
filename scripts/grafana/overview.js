/** All load balancers at a glance. */
import { dashboard, row } from './dashboard.js';
import { graph, stat, table } from './panels.js';
import { BAD, GOOD, of, rate, SENDER_NAME, sumBy, WARN } from './queries.js';
import { byState, drops, masters } from './shared.js';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder
const PAGE_OF_ROW = 'http://${__data.fields.Monitor}/';

export const overview = dashboard('overview', 'Overview', 'All load balancers that lvscope watches, and lvscope itself.', [
  stat('Monitors up', 'Monitors that Prometheus can scrape.', 'sum(up{job=~"$job",instance=~"$instance"})', {
    steps: [
      [null, BAD],
      [1, GOOD],
    ],
  }),
  stat('Connections', 'In the table, persistence templates not counted.', `sum(${of('connections')})`),
  stat('Without one master', 'Virtual routers with no master, or with two.', `sum(${of('vrrp_state', 'state!="master"')})`, {
    steps: [
      [null, GOOD],
      [1, BAD],
    ],
  }),
  stat('Critical', 'What is wrong now and critical.', `sum(${of('anomalies_active', 'severity="critical"')})`, {
    steps: [
      [null, GOOD],
      [1, BAD],
    ],
  }),
  stat('Warnings', 'What is wrong now and a warning.', `sum(${of('anomalies_active', 'severity="warning"')})`, {
    steps: [
      [null, GOOD],
      [1, WARN],
    ],
  }),
  stat('Sync silent for', 'Since the latest sync message of any sender.', `time() - max(${of('sync_last_message_timestamp_seconds')})`, {
    unit: 's',
    steps: [
      [null, GOOD],
      [60, WARN],
      [300, BAD],
    ],
  }),
  masters(),
  byState(12),
  graph(
    'New connections',
    'By what happened to them, a second.',
    [[sumBy('change', rate('connection_changes_total', 'change!="confirmed"')), '{{change}}']],
    { unit: 'ops' },
  ),
  graph('Sync records', 'Connection records heard, a second.', [[rate('sync_records_total'), SENDER_NAME]], { unit: 'ops', width: 8 }),
  graph('What is wrong, by severity', 'Findings that have not ended.', [[sumBy('severity', of('anomalies_active')), '{{severity}}']], {
    width: 8,
    stacked: true,
  }),
  drops(8),
  table(
    'What is wrong now',
    'By kind; its meaning is in docs/anomalies.md.',
    `${sumBy('instance, kind, severity', of('anomalies_active'))} > 0`,
    { instance: 'Monitor', severity: 'Severity', kind: 'Kind', Value: 'Findings' },
  ),
  table(
    'Monitors',
    'Programs and their versions.',
    of('build_info'),
    { instance: 'Monitor', version: 'Version', nodeversion: 'Node' },
    { links: [{ title: 'Page of the monitor', url: PAGE_OF_ROW, targetBlank: true }] },
  ),
  row('lvscope itself'),
  graph('Behind', 'How far the database is behind the state.', [[of('store_lag_seconds'), '{{instance}}']], { unit: 's', width: 8 }),
  graph(
    'Memory and processor',
    'Of the process.',
    [['process_resident_memory_bytes{job=~"$job",instance=~"$instance"}', '{{instance}} memory']],
    { unit: 'bytes', width: 8 },
  ),
  graph('Scrape', 'How long making the metrics took.', [[of('scrape_duration_seconds'), '{{instance}}']], { unit: 's', width: 8 }),
  graph(
    'Event loop',
    'How late the program comes to its work.',
    [['nodejs_eventloop_lag_p99_seconds{job=~"$job",instance=~"$instance"}', '{{instance}} p99']],
    { unit: 's', width: 8 },
  ),
  graph('Requests', 'Answers by status code, a second.', [[sumBy('code', rate('http_requests_total')), '{{code}}']], {
    unit: 'reqps',
    width: 8,
  }),
  graph(
    'Live clients',
    'Now, and sent away.',
    [
      [of('websocket_clients'), '{{instance}} now'],
      [`increase(${of('websocket_dropped_total')}[$__rate_interval])`, '{{instance}} {{reason}}'],
    ],
    { width: 8 },
  ),
]);
