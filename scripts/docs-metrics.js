/** `docs/metrics.md` as text: every metric with its type, labels and meaning. */

/** @typedef {import('../src/metrics/registry.ts').MetricFamily} MetricFamily */

/** By what their names begin with; the first that fits. */
const GROUPS = [
  ['lvscope_connection', 'The connection table'],
  ['lvscope_service', 'Services and real servers'],
  ['lvscope_sync', 'Connection sync'],
  ['lvscope_vrrp', 'Virtual routers'],
  ['lvscope_arp', 'Virtual routers'],
  ['lvscope_group', 'Virtual routers'],
  ['lvscope_failover', 'Failovers'],
  ['lvscope_anomalies', 'What is wrong'],
  ['lvscope_events', 'What is wrong'],
  ['lvscope_alerts', 'Alerts'],
  ['lvscope_frames', 'Frames and what was wrong with them'],
  ['lvscope_dissect', 'Frames and what was wrong with them'],
  ['lvscope_fragmented', 'Frames and what was wrong with them'],
  ['lvscope_interface', 'The capture'],
  ['lvscope_capture', 'The capture'],
  ['lvscope_store', 'Database and history'],
  ['lvscope_history', 'Database and history'],
  ['lvscope_', 'The monitor itself'],
  ['node_ipvs_', "`--metrics-compat`: node_exporter's ipvs collector"],
  ['keepalived_', '`--metrics-compat`: keepalived_exporter'],
];

const HEAD = `# Metrics

\`/metrics\` is text for Prometheus (0.0.4), or OpenMetrics 1.0 where \`Accept\` asks for it. Values are read from the state at the moment of
the scrape; its cost does not depend on how many connections there are.

- What cannot be seen has **no series**: it is unknown, never 0. A metric of the list below may therefore be absent.
- No label is a client's address, a name or a text from the wire. A metric has at most 2000 series; what is left out is counted in
  \`lvscope_metric_series_dropped\`.
- \`interface\` and \`vlan\` are those of lvscope's own port (\`vlan\` is empty without a tag), \`service\` is the id that \`lvscope services\` and the API use.
- A real server without a connection keeps its series for an hour after its last connection was made, then they go: nobody says on the
  wire that one was taken out. It comes back with its next connection.
- Counters begin with 0 when the program starts; those of sync senders go on where the last run ended.
- Beside these there are \`process_*\` and \`nodejs_*\` of the Node client library, for memory, processor, file descriptors and the event loop.

The dashboards in \`deploy/grafana/\` and the rules in \`deploy/prometheus/\` use them.
`;

const COMPAT = `## What \`--metrics-compat\` leaves out

\`lvscope run --metrics-compat\` adds names and labels of two exporters that run on the load balancer, so that dashboards made for them show
something here. lvscope hears the load balancers from outside, and gives what can be heard:

| name | why it is not given |
| --- | --- |
| \`node_ipvs_incoming_packets_total\`, \`node_ipvs_outgoing_packets_total\`, \`node_ipvs_incoming_bytes_total\`, \`node_ipvs_outgoing_bytes_total\` | no sync message counts packets or octets |
| \`node_ipvs_backend_weight\` | weights are not synced |
| \`keepalived_up\`, \`keepalived_script_status\`, \`keepalived_script_state\`, \`keepalived_exporter_check_script_status\`, \`keepalived_vrrp_excluded_state\` | known to the keepalived process only |
| \`keepalived_advertisements_interval_errors_total\`, \`keepalived_address_list_errors_total\`, \`keepalived_authentication_invalid_total\`, \`keepalived_authentication_mismatch_total\`, \`keepalived_authentication_failure_total\` | they compare adverts with the receiver's own configuration, and lvscope has none; \`lvscope_anomalies_active\` tells of routers that disagree |
| \`keepalived_packet_length_errors_total\` | \`lvscope_dissect_faults_total{protocol="vrrp"}\` counts these |
| \`keepalived_release_master_total\`, \`keepalived_gratuitous_arp_delay_total\` | not on the wire; \`lvscope_vrrp_transitions_total\` and \`lvscope_arp_announcements_total\` tell what is |

Where they differ from the exporter's:

- \`iname\`, the instance's name in keepalived.conf, is not on the wire: here it is family and VRID (\`ipv4-51\`). \`intf\` is lvscope's own port,
  with \`.N\` behind it for VLAN N.
- What one router does (\`keepalived_vrrp_state\`, \`..._sent_total\`) has one label more, \`router\`, its address, since lvscope hears all of them. What is
  received is what lvscope received, as a backup on the segment does.
- \`keepalived_vrrp_state\` is 2 (master) or 1 (backup); a router of which it cannot be told whether it would take over has no series. INIT (0) and FAULT (3) are not on the wire.
- \`node_ipvs_connections_total\` counts the connections that were synced: the kernel syncs a TCP connection once it is established and had 3 packets (\`sync_threshold\`).
- Older keepalived_exporters have a label \`state\` on their counters; newer ones and lvscope do not.
`;

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text) => `\`${text}\``;

/** @param {readonly MetricFamily[]} families of all modes */
export function metricsPage(families) {
  const groupOf = ({ name }) => GROUPS.find(([prefix]) => name.startsWith(prefix))?.[1];
  const sections = [...new Set(GROUPS.map(([, title]) => title))].flatMap((title) => {
    const rows = families
      .filter((family) => groupOf(family) === title)
      .map(({ name, type, labels, help }) => `| ${code(name)} | ${type} | ${labels.map(code).join(', ') || '-'} | ${cell(help)} |`);
    return rows.length === 0
      ? []
      : [`## ${title}\n\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`];
  });
  return [HEAD, ...sections, COMPAT].join('\n');
}
