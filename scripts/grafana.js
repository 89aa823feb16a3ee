/** Writes the Grafana dashboards in deploy/grafana/dashboards: `node scripts/grafana.js`. What they show is said in scripts/grafana/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dashboards, textOf } from './grafana/dashboards.js';

const FOLDER = new URL('../deploy/grafana/dashboards/', import.meta.url);

mkdirSync(FOLDER, { recursive: true });
for (const board of dashboards) writeFileSync(new URL(`${board.uid}.json`, FOLDER), textOf(board));
