/** Virtual routers. */
import { dashboard, MONITORS, variable } from './dashboard.js';
import { graph, table, timeline } from './panels.js';
import { BAD, GOOD, of, ROUTER, ROUTER_NAME, rate, since, sumBy, VRID } from './queries.js';
import { masters } from './shared.js';

const STATE_WORDS = [
  [0, 'unknown', 'text'],
  [1, 'master', GOOD],
  [2, 'no master', BAD],
  [3, 'two masters', BAD],
];
/** One number for three series of 0 and 1. */
const stateNumber = `max by (${ROUTER}) (${of('vrrp_state', 'state="master"', VRID)} or 2 * ${of('vrrp_state', 'state="lost"', VRID)} or 3 * ${of('vrrp_state', 'state="two_masters"', VRID)})`;

export const vrrp = dashboard(
  'vrrp',
  'VRRP',
  'Virtual routers: who is master, how masters changed, whether the next change would keep the sessions.',
  [
    masters(VRID),
    timeline('State', 'Whether there is one master, none or two.', [[stateNumber, ROUTER_NAME]], STATE_WORDS),
    timeline(
      'Would a failover now keep the sessions',
      'Checked from backups, sync and what they agree on; nothing where that cannot be told. The reasons are on the page of the monitor.',
      [[of('vrrp_failover_keeps_sessions', VRID), ROUTER_NAME]],
      [
        [0, 'no', BAD],
        [1, 'yes', GOOD],
      ],
    ),
    graph(
      'Changes of master',
      'By reason.',
      [
        [
          sumBy('vrid, family, reason', `increase(${of('vrrp_transitions_total', VRID, 'reason!="first_seen"')}[$__rate_interval])`),
          'VRID {{vrid}} {{family}} {{reason}}',
        ],
      ],
      { bars: true },
    ),
    graph(
      'Gap of the latest failover',
      'How long nobody was master; 0 when there was one all the time.',
      [[of('failover_gap_seconds', VRID), ROUTER_NAME]],
      { unit: 's' },
    ),
    graph(
      'Since the latest advert',
      'Of the master. A backup takes over after three intervals and a skew.',
      [[since('vrrp_last_advert_timestamp_seconds', VRID), ROUTER_NAME]],
      { unit: 's' },
    ),
    graph(
      'Late adverts',
      'More than 1.5, 2 and 3 intervals after the one before (levels 1, 2, 3), a second.',
      [[rate('vrrp_late_adverts_total', VRID), `${ROUTER_NAME} level {{level}}`]],
      { unit: 'ops' },
    ),
    graph(
      'Jitter',
      "Smoothed deviation of the master's adverts from their interval.",
      [[of('vrrp_advert_jitter_seconds', VRID), ROUTER_NAME]],
      { unit: 's' },
    ),
    graph('Priority of the master', 'It changes with track scripts and interfaces.', [[of('vrrp_priority', VRID), ROUTER_NAME]]),
    graph(
      'Announcements',
      'Gratuitous ARP and unsolicited neighbor advertisements of the virtual addresses.',
      [[`increase(${of('arp_announcements_total', VRID)}[$__rate_interval])`, ROUTER_NAME]],
      { bars: true },
    ),
    graph('Hosts at the old master', 'Used its MAC address after the latest failover.', [
      [of('failover_stale_neighbors', VRID), ROUTER_NAME],
    ]),
    graph('Listeners', 'To the groups of VRRP and sync, as IGMP and MLD show them: backups are among them.', [
      [of('group_members'), '{{group}} {{interface}} {{vlan}}'],
    ]),
    table(
      'Latest failovers',
      'When, by virtual router.',
      `1000 * ${of('failover_timestamp_seconds', VRID)}`,
      { instance: 'Monitor', interface: 'Interface', vrid: 'VRID', family: 'Family', Value: 'At' },
      { unit: 'dateTimeAsIso' },
    ),
  ],
  [variable('vrid', 'VRID', 'vrrp_state', 'vrid', { matchers: MONITORS })],
);
