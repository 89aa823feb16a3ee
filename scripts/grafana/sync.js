/** Connection sync, and how it is heard. */
import { dashboard, row } from './dashboard.js';
import { graph, stat, timeline } from './panels.js';
import { BAD, GOOD, of, rate, SENDER_NAME, since, sumBy, WARN } from './queries.js';
import { byState, drops } from './shared.js';

export const sync = dashboard('sync', 'Connection sync', 'What the sync daemons send, what is lost of it, and how lvscope hears it.', [
  stat('Records', 'A second, of all senders.', `sum(${rate('sync_records_total')})`, { unit: 'ops', width: 6 }),
  stat(
    'Datagrams lost',
    'Share of those sent, by gaps in their numbers; - when senders do not number them.',
    `sum(${rate('sync_lost_datagrams_total')}) / (sum(${rate('sync_messages_total')}) + sum(${rate('sync_lost_datagrams_total')}))`,
    {
      unit: 'percentunit',
      width: 6,
      steps: [
        [null, GOOD],
        [0.001, WARN],
        [0.01, BAD],
      ],
    },
  ),
  stat('Silent for', 'Since the latest message of any sender.', `time() - max(${of('sync_last_message_timestamp_seconds')})`, {
    unit: 's',
    width: 6,
    steps: [
      [null, GOOD],
      [60, WARN],
      [300, BAD],
    ],
  }),
  stat(
    'Room in the table',
    'Share of the bound that is used.',
    `max((sum by (instance) (${of('connections')}) + sum by (instance) (${of('connection_templates')})) / on (instance) ${of('connections_limit')})`,
    {
      unit: 'percentunit',
      width: 6,
      steps: [
        [null, GOOD],
        [0.8, WARN],
        [0.95, BAD],
      ],
    },
  ),
  timeline(
    'Who sends',
    'The sender of the latest message of each syncid.',
    [[of('sync_sender_info'), `${SENDER_NAME}: {{address}}`]],
    [[1, 'sends', GOOD]],
    { height: 5 },
  ),
  graph('Messages', 'A second.', [[rate('sync_messages_total'), SENDER_NAME]], { unit: 'pps', width: 8 }),
  graph('Records', 'A second.', [[rate('sync_records_total'), SENDER_NAME]], { unit: 'ops', width: 8 }),
  graph('Octets', 'A second.', [[rate('sync_bytes_total'), SENDER_NAME]], { unit: 'Bps', width: 8 }),
  graph('Datagrams lost', 'A second, by gaps in their numbers.', [[rate('sync_lost_datagrams_total'), SENDER_NAME]], {
    unit: 'pps',
    width: 8,
  }),
  graph('Since the latest message', 'A busy director sends every second.', [[since('sync_last_message_timestamp_seconds'), SENDER_NAME]], {
    unit: 's',
    width: 8,
  }),
  graph('What records do', 'To the table, a second.', [[sumBy('change', rate('connection_changes_total')), '{{change}}']], {
    unit: 'ops',
    width: 8,
  }),
  byState(24),
  row('How lvscope hears it'),
  timeline(
    'Sight',
    'Whether frames can come in.',
    [[of('interface_up'), '{{instance}} {{interface}}']],
    [
      [0, 'blind', BAD],
      [1, 'sees', GOOD],
    ],
    { height: 5 },
  ),
  graph('Capture: frames', 'A second.', [[rate('capture_packets_total'), '{{interface}}']], { unit: 'pps', width: 8 }),
  drops(8),
  graph('Since the latest frame', 'Of any kind.', [[since('capture_last_packet_timestamp_seconds'), '{{interface}}']], {
    unit: 's',
    width: 8,
  }),
  graph('Capture begun anew', 'By reason.', [[`increase(${of('capture_restarts_total')}[$__rate_interval])`, '{{interface}} {{reason}}']], {
    bars: true,
    width: 8,
  }),
  graph(
    'Frames that could not be read',
    'Faults and notes of the dissectors, a second.',
    [
      [sumBy('protocol, code', rate('dissect_faults_total')), '{{protocol}} {{code}}'],
      [sumBy('protocol, code', rate('dissect_notes_total')), '{{protocol}} {{code}} (note)'],
    ],
    { unit: 'pps', width: 8 },
  ),
  graph('Behind', 'How far the database is behind the state.', [[of('store_lag_seconds'), '{{instance}}']], { unit: 's', width: 8 }),
]);
