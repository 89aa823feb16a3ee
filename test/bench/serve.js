/**
 * `npm run bench`, second part: a real monitor with a million sessions and 1000 real servers, changes coming in all the while,
 * and how fast it answers. Figures are medians of several rounds; a bar that was missed is said, and the exit code is 0 all the same.
 *
 *   node test/bench/serve.js [--sessions N] [--rounds N] [--flow RECORDS_PER_SECOND] [--only metrics,lists,windows,export,live] [--json] [--profile FOLDER]
 */
import { Agent, get } from 'node:http';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FedMonitor } from './fed-monitor.js';
import { createFigures, median, quantile } from './figures.js';
import { watchWindows, watchWith } from './watching-clients.js';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    flow: { type: 'string', default: '20000' },
    only: { type: 'string', default: 'metrics,lists,windows,export,live' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const SESSIONS = Number(values.sessions);
const ROUNDS = Number(values.rounds);
const FEW_SESSIONS = 10_000;
const ASKED = 200;

const LISTS = {
  'by client network': 'client=11.2.0.0/16',
  'by real server': 'dest=10.100.0.7&state=ESTABLISHED',
  'nothing matches': 'state=SYN_RECV&vip=10.99.0.101:443',
  'sorted by age': 'sort=age&limit=100',
  'sorted and filtered': 'sort=-expires&dest=10.100.0.0/24',
  'by expression': `q=${encodeURIComponent('client == 11.2.0.0/16 && !(destination == [10.100.0.21, 10.100.0.22])')}`,
};

/** Orders of which a window in the middle is asked for. */
const WINDOW_ORDERS = ['client', 'destination', '-expires', 'age', 'state'];
const MANY_CHANGES = 50_000;

const agent = new Agent({ keepAlive: true });
const { tell, end } = createFigures(values);

/** @returns status, octets, lines and milliseconds of an answer that is read as it comes */
function ask(url, accept = '*/*') {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    get(url, { agent, headers: { accept } }, (answer) => {
      let octets = 0;
      let lines = 0;
      answer.on('data', (part) => {
        octets += part.length;
        if (accept === 'application/x-ndjson') for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines++;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, octets, lines, ms: performance.now() - began }));
    }).on('error', reject);
  });
}

/** Median of the rounds' p50 and p99, and what the last answer was. */
async function timed(url) {
  const rounds = [];
  let last = null;
  for (let round = 0; round < ROUNDS; round++) {
    const took = [];
    for (let i = 0; i < ASKED; i++) {
      last = await ask(url);
      took.push(last.ms);
    }
    rounds.push(took);
  }
  return { p50: median(rounds.map((took) => quantile(took, 0.5))), p99: median(rounds.map((took) => quantile(took, 0.99))), ...last };
}

/** Runs while another thread asks whether the monitor is alive, each 5 ms. */
async function whileProbed(monitor, work) {
  const worker = new Worker(new URL('latency-worker.js', import.meta.url), {
    workerData: { url: `${monitor.url}/-/healthy`, everyMs: 5 },
  });
  const answered = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const result = await work();
  worker.postMessage('stop');
  const took = await answered;
  return { result, took };
}

async function measureMetrics(monitor, sessions) {
  const { p50, p99, octets } = await timed(`${monitor.url}/metrics`);
  tell(`/metrics of ${sessions} sessions, p50`, p50, 'ms');
  tell(`/metrics of ${sessions} sessions, p99`, p99, 'ms', 50);
  return octets;
}

async function measureLists(monitor) {
  for (const [name, query] of Object.entries(LISTS)) {
    const { p50, p99, status } = await timed(`${monitor.url}/api/v1/connections?${query}`);
    if (status !== 200) {
      tell(`list ${name}: answered ${status}`, status, '');
      continue;
    }
    tell(`list ${name}, p50`, p50, 'ms');
    tell(`list ${name}, p99`, p99, 'ms', 30);
  }
}

/** 200 rows from the middle of the sorted table, asked for and watched. */
async function measureWindows(monitor, changes) {
  monitor.flow(changes);
  const where = `${changes} changes/s`;
  for (const sort of WINDOW_ORDERS) {
    const { p50, p99 } = await timed(`${monitor.url}/api/v1/connections?sort=${sort}&offset=${SESSIONS >> 1}&limit=200`);
    tell(`window by ${sort}, ${where}, p50`, p50, 'ms');
    tell(`window by ${sort}, ${where}, p99`, p99, 'ms', 40);
  }
  for (const windows of [0, 1, 20]) {
    const { result, took } = await whileProbed(monitor, () => watchWindows(monitor, { windows, sessions: SESSIONS, seconds: 10 }));
    const { snapshots, looks, plain } = result;
    if (windows > 0) tell(`${windows} live windows, ${where}: to the first rows, longest`, Math.max(...snapshots), 'ms');
    if (windows > 0) tell(`${windows} live windows, ${where}: looks`, looks, '/s');
    tell(`${windows} live windows, ${where}: messages of the first rows`, plain, '/s', 18, { atLeast: true });
    tell(`${windows} live windows, ${where}: alive?, p99`, quantile(took, 0.99), 'ms');
    tell(`${windows} live windows, ${where}: alive?, longest`, Math.max(...took), 'ms');
  }
}

async function measureExport(monitor) {
  const idle = await whileProbed(monitor, () => new Promise((resolve) => setTimeout(resolve, 2000)));
  tell('alive? with nothing asked, p99', quantile(idle.took, 0.99), 'ms');
  tell('alive? with nothing asked, longest', Math.max(...idle.took), 'ms');
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { result, took } = await whileProbed(monitor, () => ask(`${monitor.url}/api/v1/connections`, 'application/x-ndjson'));
    rounds.push({ rate: result.lines / (result.ms / 1000), lines: result.lines, p99: quantile(took, 0.99), longest: Math.max(...took) });
  }
  tell('export NDJSON, rows', median(rounds.map(({ lines }) => lines)), 'rows', SESSIONS * 0.99, { atLeast: true });
  tell('export NDJSON', median(rounds.map(({ rate }) => rate)), 'rows/s');
  tell('alive? while exporting, p99', median(rounds.map(({ p99 }) => p99)), 'ms');
  tell('alive? while exporting, longest', median(rounds.map(({ longest }) => longest)), 'ms', 20);
}

async function measureLive(monitor) {
  const before = monitor.memory();
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await watchWith(monitor, { readers: 180, deaf: 20, seconds: 15 }));
  tell('200 live clients, 20 deaf: wire to message, p50', median(rounds.map(({ took }) => quantile(took, 0.5))), 'ms');
  tell('200 live clients, 20 deaf: wire to message, p99', median(rounds.map(({ took }) => quantile(took, 0.99))), 'ms', 100);
  tell('clients that read and did not hear the last change', Math.max(...rounds.map(({ missing }) => missing)), '', 0);
  tell('messages', median(rounds.map(({ messages }) => messages)) / 15, '/s');
  tell('octets', median(rounds.map(({ octets }) => octets)) / 15 / 1e6, 'MB/s');
  tell('memory before', before / 1e6, 'MB');
  // What 20 deaf clients may have waiting, and as much again for what all 200 hold.
  tell('memory at most meanwhile, above that', (Math.max(...rounds.map(({ memory }) => memory)) - before) / 1e6, 'MB', 100);
}

async function measureAll(monitor) {
  const only = values.only.split(',');
  tell('load of this machine by others, before', loadavg()[0], '');
  await monitor.load(FEW_SESSIONS);
  const few = only.includes('metrics') ? await measureMetrics(monitor, FEW_SESSIONS) : null;
  const began = performance.now();
  await monitor.load(SESSIONS);
  tell(`loading up to ${SESSIONS} sessions`, (performance.now() - began) / 1000, 's');
  monitor.flow(Number(values.flow));
  if (few !== null) {
    const many = await measureMetrics(monitor, SESSIONS);
    tell('/metrics, octets', many, 'octets');
    tell(`/metrics, growth from ${FEW_SESSIONS} sessions on`, ((many - few) / few) * 100, '%', 5);
  }
  if (only.includes('lists')) await measureLists(monitor);
  if (only.includes('windows')) {
    await measureWindows(monitor, Number(values.flow));
    await measureWindows(monitor, MANY_CHANGES);
    monitor.flow(Number(values.flow));
  }
  if (only.includes('export')) await measureExport(monitor);
  if (only.includes('live')) await measureLive(monitor);
}

const monitor = await FedMonitor.start({ profile: values.profile });
try {
  await measureAll(monitor);
} finally {
  agent.destroy();
  await monitor.stop();
}
end();
