/**
 * How long a monitor takes from its start until it serves, with a million stored sessions. Processor time is told as well: on a busy
 * machine only that says something. In namespaces of its own; needs root.
 *
 *   node test/bench/start.js [--sessions N] [--rounds N] [--json]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { CrashingMonitor } from '../crash/monitor.js';
import { connectPorts, enterNamespaces } from '../crash/namespaces.js';
import { createFigures, median } from './figures.js';
import { writeSyncFile } from './sync-file.js';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

enterNamespaces(import.meta.url);

const SESSIONS = Number(values.sessions);
const RECORDS = 40;
const LVSCOPE = fileURLToPath(new URL('../../bin/lvscope.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lvscope-start-'));
const path = join(folder, 'lvscope.db');

/** As if this machine had stored them a moment ago. */
function store() {
  const capture = join(folder, 'sync.pcap');
  writeSyncFile(capture, Math.ceil(SESSIONS / RECORDS), SESSIONS);
  execFileSync(process.execPath, [LVSCOPE, 'replay', capture, '--db', path], { stdio: 'ignore' });
  rmSync(capture);
  const db = new Database(path);
  const now = Date.now() * 1000;
  db.prepare('update sensors set name = ?, written_at = ?').run(hostname(), now);
  db.prepare('update sessions set last_sync = ?, first_seen = ?, timeout = 30000').run(now, now);
  db.close();
}

const { tell, end } = createFigures(values);
const monitor = new CrashingMonitor('mon0', folder);

try {
  connectPorts();
  store();
  const took = [];
  const cpu = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    took.push((await monitor.start()) / 1000);
    cpu.push(monitor.cpuSeconds);
    const { live } = (await monitor.status()).sessions;
    if (live !== SESSIONS) throw new Error(`${live} sessions came back`);
    await monitor.kill();
  }
  tell('load of this machine by others', loadavg()[0], '');
  tell(`start with ${SESSIONS} sessions, median`, median(took), 's', 3);
  tell('its processor time, median', median(cpu), 's');
} finally {
  await monitor.kill();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = end() > 0 ? 1 : 0;
