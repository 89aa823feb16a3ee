/** What all dashboards have: variables, annotations, links, and panels laid out from left to right. */
import { DATASOURCE, of, sumBy } from './queries.js';

/** Grafana 10.2 and later read it; newer ones bring it up to their own on load. */
const SCHEMA_VERSION = 39;
const WIDTH = 24;

export const row = (title) => ({ title, type: 'row', size: [WIDTH, 1], collapsed: false, panels: [] });

/** From left to right, a new line where there is no room. */
function placed(panels) {
  let [x, y, height] = [0, 0, 0];
  return panels.map(({ size: [w, h], ...panel }, index) => {
    if (x + w > WIDTH) [x, y, height] = [0, y + height, 0];
    const gridPos = { x, y, w, h };
    x += w;
    height = Math.max(height, h);
    return { id: index + 1, gridPos, ...(panel.type === 'row' ? {} : { datasource: DATASOURCE }), ...panel };
  });
}

export const variable = (name, label, metric, labelName, { multi = true, matchers = [] } = {}) => {
  const query = `label_values(lvscope_${metric}${matchers.length ? `{${matchers.join(',')}}` : ''}, ${labelName})`;
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    sort: 1,
    multi,
    includeAll: multi,
    ...(multi ? { allValue: '.*', current: { text: ['All'], value: ['$__all'] } } : {}),
  };
};
export const MONITORS = ['job=~"$job"', 'instance=~"$instance"'];
const COMMON = [
  { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1, hide: 0 },
  variable('job', 'Job', 'build_info', 'job'),
  variable('instance', 'Monitor', 'build_info', 'instance', { matchers: ['job=~"$job"'] }),
];

const CHANGES = {
  datasource: DATASOURCE,
  enable: true,
  iconColor: 'purple',
  name: 'Changes of master',
  expr: `${sumBy('instance, family, vrid, reason', `changes(${of('vrrp_transitions_total', 'reason!="first_seen"')}[$__rate_interval])`)} > 0`,
  step: '10s',
  titleFormat: 'VRID {{vrid}} {{family}}: another master',
  textFormat: '{{reason}} ({{instance}})',
  tagKeys: 'vrid,reason',
};

/** @param panels in reading order */
export function dashboard(name, title, description, panels, variables = []) {
  return {
    uid: `lvscope-${name}`,
    id: null,
    title: `lvscope / ${title}`,
    description,
    tags: ['lvscope', 'ipvs', 'vrrp'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    templating: { list: [...COMMON, ...variables] },
    annotations: {
      list: [
        {
          builtIn: 1,
          datasource: { type: 'grafana', uid: '-- Grafana --' },
          enable: true,
          hide: true,
          iconColor: 'blue',
          name: 'Annotations & Alerts',
          type: 'dashboard',
        },
        CHANGES,
      ],
    },
    links: [
      { type: 'dashboards', title: 'lvscope', tags: ['lvscope'], asDropdown: false, includeVars: true, keepTime: true, targetBlank: false },
      {
        type: 'link',
        title: 'Page of the monitor',
        icon: 'external link',
        url: 'http://$instance/',
        tooltip: 'with one monitor chosen',
        targetBlank: true,
      },
    ],
    panels: placed(panels),
  };
}
