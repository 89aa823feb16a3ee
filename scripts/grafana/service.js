/** One virtual service and its real servers. */
import { dashboard, MONITORS, variable } from './dashboard.js';
import { graph, stat, table } from './panels.js';
import { BAD, GOOD, of, rate, SERVICE, sumBy } from './queries.js';

const SERVER_NAME = '{{destination}}';
export const service = dashboard(
  'service',
  'Service',
  'A virtual service and its real servers, with the meaning that ipvsadm -Ln gives ActiveConn, InActConn and PersistConn.',
  [
    stat('Active', 'ActiveConn of all its real servers.', `sum(${of('service_active_connections', SERVICE)})`, { width: 6 }),
    stat('Inactive', 'InActConn of all its real servers.', `sum(${of('service_inactive_connections', SERVICE)})`, { width: 6 }),
    stat('New', 'Connections a second.', `sum(${rate('service_new_connections_total', SERVICE)})`, { unit: 'ops', width: 6 }),
    stat('Real servers', 'That have connections.', `count(${sumBy('destination', of('service_active_connections', SERVICE))} > 0)`, {
      width: 6,
      steps: [
        [null, BAD],
        [1, GOOD],
      ],
      noValue: '0',
    }),
    graph('Active', 'By real server.', [[sumBy('destination', of('service_active_connections', SERVICE)), SERVER_NAME]], { stacked: true }),
    graph('Inactive', 'By real server.', [[sumBy('destination', of('service_inactive_connections', SERVICE)), SERVER_NAME]], {
      stacked: true,
    }),
    graph(
      'New',
      'Connections a second, by real server.',
      [[sumBy('destination', rate('service_new_connections_total', SERVICE)), SERVER_NAME]],
      { unit: 'ops' },
    ),
    graph('Persistence', 'Templates, by real server.', [
      [sumBy('destination', of('service_persistent_connections', SERVICE)), SERVER_NAME],
    ]),
    graph(
      'Share',
      'Of the active connections; weights show here, a real server that is taken out falls to 0.',
      [
        [
          `${sumBy('destination', of('service_active_connections', SERVICE))} / scalar(sum(${of('service_active_connections', SERVICE)}))`,
          SERVER_NAME,
        ],
      ],
      { unit: 'percentunit' },
    ),
    table('Real servers', 'Active connections now.', sumBy('service, destination', of('service_active_connections', SERVICE)), {
      service: 'Service',
      destination: 'Real server',
      Value: 'Active',
    }),
  ],
  [variable('service', 'Service', 'service_active_connections', 'service', { matchers: MONITORS })],
);
