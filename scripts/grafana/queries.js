/** Words that the queries of all dashboards share: metrics of the monitors chosen, labels, colours. */

export const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

export const GOOD = 'green';
export const WARN = 'orange';
export const BAD = 'red';

/** The series of the monitors chosen. */
export const of = (metric, ...more) => `lvscope_${metric}{${['job=~"$job"', 'instance=~"$instance"', ...more].join(',')}}`;
export const rate = (metric, ...more) => `rate(${of(metric, ...more)}[$__rate_interval])`;
export const sumBy = (labels, query) => `sum by (${labels}) (${query})`;
export const since = (metric, ...more) => `time() - ${of(metric, ...more)}`;

export const ROUTER = 'instance, interface, vlan, family, vrid';
export const ROUTER_NAME = 'VRID {{vrid}} {{family}} {{interface}} {{vlan}}';
export const SENDER_NAME = 'syncid {{syncid}} {{interface}} {{vlan}}';
export const VRID = 'vrid=~"$vrid"';
export const SERVICE = 'service=~"$service"';
