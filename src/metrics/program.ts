/** Which sensor and which program this is, and what its process needs. */
import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { Scrape } from './context.ts';
import { addGauge } from './measure.ts';

/** Gauges whose names say counter: promtool is right to refuse them. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function collectProgram(registry: Registry, { sensor, version }: Scrape): void {
  addGauge(registry, { name: 'lvscope_sensor_info', help: 'This sensor.', labels: ['sensor'], read: () => [[{ sensor }, 1]] });
  addGauge(registry, {
    name: 'lvscope_build_info',
    help: 'This program and the Node that runs it.',
    labels: ['version', 'nodeversion'],
    read: () => [[{ version, nodeversion: process.version }, 1]],
  });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
