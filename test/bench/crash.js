/**
 * Kills a running monitor again and again while sync comes in, and looks at what is left: main at any moment, main while its writer
 * writes, main while it starts, the probe, the threads. In network and mount namespaces of its own; needs root.
 *
 *   node test/bench/crash.js [--kills N] [--seed N] [--sessions N] [--rate RECORDS_PER_SECOND] [--json]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lostSessions, readCopy, readDatabase } from '../crash/database.js';
import { CrashingMonitor, runs, until } from '../crash/monitor.js';
import { connectPorts, enterNamespaces, SENDER } from '../crash/namespaces.js';
import { createFigures, median } from './figures.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    sessions: { type: 'string', default: '4000' },
    rate: { type: 'string', default: '6000' },
    json: { type: 'boolean', default: false },
  },
});

enterNamespaces(import.meta.url);

const KINDS = ['main', 'main', 'main', 'writing', 'writing', 'writing', 'starting', 'probe', 'probe', 'thread'];
/** What the API said so long before a kill must be there afterwards. */
const MOST_LOST_MS = 1000;
const HISTORY_EVERY = 10;

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomOf(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), 'lvscope-crash-'));
const database = join(folder, 'lvscope.db');
const monitor = new CrashingMonitor('mon0', folder);
const seen = { kills: {}, faults: [], lost: 0, lostEvents: 0, doubledEvents: 0, gapsUntold: 0, orphans: 0, pastMissing: 0, lateRounds: 0 };
const took = { restart: [], loss: [], probe: [], thread: [] };

connectPorts();
const load = spawn(process.execPath, [fileURLToPath(new URL('../crash/load.js', import.meta.url)), SENDER, values.rate, values.sessions], {
  stdio: ['ignore', 'inherit', 'inherit'],
});

const count = (kind) => {
  seen.kills[kind] = (seen.kills[kind] ?? 0) + 1;
};
const killsSoFar = () => Object.values(seen.kills).reduce((sum, n) => sum + n, 0);
const idsOf = (events) => events.map(({ id }) => id);

/** What the API says now. */
async function look() {
  const at = Date.now();
  return { at, sessions: await monitor.sessions(), events: idsOf(await monitor.events()) };
}

function compare(before, after) {
  seen.lost += lostSessions(before.sessions, after.sessions).length;
  const ids = new Set(after.events);
  seen.lostEvents += before.events.filter((id) => !ids.has(id)).length;
  seen.doubledEvents += after.events.length - ids.size;
}

/** Until the log of the database changes, which is when the writer writes. */
async function untilWriting() {
  const watcher = watch(folder);
  await new Promise((resolve) => watcher.on('change', (_, name) => name === 'lvscope.db-wal' && resolve(undefined)));
  watcher.close();
  await sleep(random() * 8);
}

/** Everything that was noted more than a second ago is in the file, as status tells; on a busy machine that may take longer. */
async function untilLevel() {
  const began = performance.now();
  await until('the database is level', async () => ((await monitor.status()).store.lagSeconds ?? Infinity) < MOST_LOST_MS / 1000);
  if (performance.now() - began > MOST_LOST_MS) seen.lateRounds++;
}

async function killMain(kind) {
  await sleep(random() * 500);
  const before = await look();
  await sleep(MOST_LOST_MS + random() * 400);
  await untilLevel();
  if (kind === 'writing') await untilWriting();
  const { probes } = monitor;
  await monitor.kill();
  const killedAt = Date.now();
  load.kill('SIGSTOP');
  count(kind === 'starting' ? 'main' : kind);
  const left = readCopy(database);
  seen.faults.push(...left.faults);
  compare(before, left);
  if (kind === 'starting') await killStarting();
  took.restart.push(await monitor.start());
  const events = await monitor.events();
  compare(before, { sessions: await monitor.sessions(), events: idsOf(events) });
  const gap = events.findLast((event) => event.kind === 'sniff.gap');
  if (!gap || Date.parse(gap.at) < killedAt) seen.gapsUntold++;
  else if (kind !== 'starting') took.loss.push((killedAt - (Date.parse(gap.at) - gap.gapMs)) / 1000);
  await until('the probes of the killed monitor end', () => !probes.some(runs), 5000).catch(() => {
    seen.orphans++;
  });
  load.kill('SIGCONT');
  if (killsSoFar() % HISTORY_EVERY === 0) await lookBack(before);
}

async function killStarting() {
  monitor.spawn();
  await sleep(100 + random() * 700);
  await monitor.kill();
  count('starting');
  seen.faults.push(...readCopy(database).faults);
}

/** The frames kept by the runs before make the table of that moment again. */
async function lookBack(before) {
  const then = await monitor.sessions(new Date(before.at + 1).toISOString());
  seen.pastMissing += [...before.sessions].filter(([key, { firstSeen }]) => Date.parse(firstSeen) < before.at && !then.has(key)).length;
}

async function killProbe() {
  await sleep(random() * 500);
  const [probe] = await until('there is a probe', () => monitor.probes.length > 0 && monitor.probes);
  const before = await look();
  const blind = (await monitor.events('&kind=sniff.blind')).length;
  process.kill(probe, 'SIGKILL');
  const killedAt = Date.now();
  count('probe');
  await until('frames come again', async () => {
    const [port] = (await monitor.ask('capture')).items;
    return monitor.probes.some((pid) => pid !== probe) && Date.parse(port.lastPacket) > killedAt + 50;
  });
  took.probe.push((Date.now() - killedAt) / 1000);
  await until('the blind interval is told', async () => (await monitor.events('&kind=sniff.blind')).length > blind, 5000).catch(() => {
    seen.gapsUntold++;
  });
  compare(before, { sessions: await monitor.sessions(), events: idsOf(await monitor.events()) });
}

async function endThreads() {
  await sleep(random() * 500);
  if (random() < 0.7) await untilWriting();
  process.kill(monitor.pid, 'SIGUSR2');
  const began = performance.now();
  count('thread');
  const before = await look();
  const after = await until('it is written again', () => {
    const now = readDatabase(database);
    return lostSessions(before.sessions, now.sessions).length === 0 && now;
  });
  took.thread.push((performance.now() - began) / 1000);
  seen.faults.push(...after.faults);
  compare(before, after);
}

const DO = { probe: killProbe, thread: endThreads };

async function killAll(kills) {
  await monitor.start();
  await until('all sessions are there', async () => (await monitor.sessions()).size >= Number(values.sessions), 60_000);
  while (killsSoFar() < kills) {
    const kind = KINDS[Math.floor(random() * KINDS.length)];
    await (DO[kind] ?? killMain)(kind);
    if (!values.json)
      process.stderr.write(`\r${killsSoFar()} of ${kills} kills, ${seen.faults.length} faults, ${seen.lost} sessions lost  `);
  }
  if (!values.json) process.stderr.write('\n');
}

const { tell, end } = createFigures(values);

function report() {
  for (const [kind, n] of Object.entries(seen.kills)) tell(`kills: ${kind}`, n, '');
  tell('databases found damaged', seen.faults.length, 'faults', 0);
  tell('sessions that the API had said a second before, lost', seen.lost, '', 0);
  tell('events that the API had said a second before, lost', seen.lostEvents, '', 0);
  tell('events doubled', seen.doubledEvents, '', 0);
  tell('gaps and blind intervals not told', seen.gapsUntold, '', 0);
  tell('probes left over', seen.orphans, '', 0);
  tell('sessions missing in the history', seen.pastMissing, '', 0);
  tell('rounds that waited for a level database', seen.lateRounds, '');
  const told = (name, all, bar) => {
    if (all.length === 0) return;
    tell(`${name}, median`, median(all), 's');
    tell(`${name}, worst`, Math.max(...all), 's', bar);
  };
  told('lost before a kill of main', took.loss, MOST_LOST_MS / 1000);
  told(
    'restart',
    took.restart.map((ms) => ms / 1000),
    3,
  );
  told('probe back', took.probe, 2);
  told('writing again after the end of the threads', took.thread, null);
  for (const fault of seen.faults.slice(0, 10)) process.stderr.write(`${fault}\n`);
}

try {
  if (!values.json) process.stderr.write(`seed ${values.seed}\n`);
  await killAll(Number(values.kills));
  report();
  process.exitCode = end() > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`seed ${values.seed}: ${error.stack}\n${monitor.log}\n`);
  process.exitCode = 1;
} finally {
  load.kill('SIGKILL');
  await monitor.kill();
  rmSync(folder, { recursive: true, force: true });
}
