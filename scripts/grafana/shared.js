/** Panels that several dashboards show. */
import { graph, timeline } from './panels.js';
import { GOOD, of, ROUTER_NAME, rate, sumBy } from './queries.js';

const MASTER_NOW = [[1, 'master', GOOD]];
export const masters = (...more) =>
  timeline(
    'Who is master',
    'One row for each router that was master; where no row is lit nobody was, where two of one VRID are lit both were.',
    [[of('vrrp_master_info', ...more), `${ROUTER_NAME}: {{address}}`]],
    MASTER_NOW,
  );
export const byState = (width) =>
  graph(
    'Connections by state',
    'As ipvsadm -Lnc names the states; persistence templates apart.',
    [
      [`${sumBy('proto, state', of('connections'))} > 0`, '{{proto}} {{state}}'],
      [`${sumBy('proto', of('connection_templates'))} > 0`, '{{proto}} templates'],
    ],
    { stacked: true, width },
  );
export const drops = (width) =>
  graph(
    'Capture: frames lost',
    'By the kernel, the interface and our own queue; what a way of capturing cannot count has no line.',
    [[rate('capture_dropped_packets_total'), '{{interface}} {{cause}}']],
    { unit: 'pps', width },
  );
