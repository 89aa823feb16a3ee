/**
 * Hours of a busy pair in one monitor: sessions come, are confirmed, close, move and run out, so many new ones a second. At the end
 * its table must be what this sender knows to be alive, and its memory and open files what they were after warming up.
 *
 *   node test/bench/soak.js [--minutes 60] [--rate 5000] [--warm-up 5]
 */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FedMonitor } from './fed-monitor.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '5000' },
    'warm-up': { type: 'string', default: '5' },
  },
});
const RECORDS = 40;
const TICK_MS = 20;
const SAMPLE_MS = 5000;
const SHORT_SECONDS = 20;
const LONG_SECONDS = 60;
const FIN_WAIT = 4;
/** Numbers come again long after their session has run out. */
const NUMBERS = 2_000_000;
/** Sessions that run out about now may be gone here and not there. */
const MARGIN_MS = 3000;
const LARGEST_PAGE = 1000;

/** What is alive, by number: when it was said last, and for how long that holds. Knows nothing of how the monitor does it. */
const alive = new Map();
const ends = ({ saidMs, timeout }) => saidMs + timeout * 1000;

/** Of each ten: six new ones, three that confirm one of late, one that closes it. */
function* records() {
  for (let n = 0, turn = 0; ; turn++) {
    const kind = turn % 10;
    if (kind < 6) {
      n = (n + 1) % NUMBERS;
      yield { n, timeout: n % 3 === 0 ? LONG_SECONDS : SHORT_SECONDS, state: 1 };
    } else {
      const back = (n - 1 - ((turn * 7919) % 40_000) + NUMBERS) % NUMBERS;
      const known = alive.get(back);
      if (!known) continue;
      yield kind < 9 ? { n: back, timeout: known.timeout, state: known.state } : { n: back, timeout: SHORT_SECONDS, state: FIN_WAIT };
    }
  }
}

/** Least squares: what y grows by in an hour. */
function slopePerHour(samples, read) {
  const xs = samples.map(({ hours }) => hours);
  const ys = samples.map(read);
  const mean = (all) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const [x, y] = [mean(xs), mean(ys)];
  const over = xs.reduce((sum, one, i) => sum + (one - x) * (ys[i] - y), 0);
  return over / xs.reduce((sum, one) => sum + (one - x) ** 2, 0);
}

async function heapOctets(url) {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nodejs_heap_size_used_bytes\S* (\S+)$/m.exec(page)?.[1] ?? Number.NaN);
}

/** Numbers of the sessions in the monitor: their client says which. */
async function table(url) {
  const found = new Map();
  for (let cursor = ''; ; ) {
    const page = await (await fetch(`${url}/api/v1/connections?limit=${LARGEST_PAGE}${cursor}`)).json();
    for (const { client, state } of page.items) {
      const [, b, c, d] = client.address.split('.').map(Number);
      found.set(`${(b << 16) | (c << 8) | d}:${client.port}`, state);
    }
    if (!page.nextCursor) return found;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

const nameOf = (n) => `${Math.floor(n / 4)}:${1024 + (n % 60_000)}`;
const stateOf = (state) => (state === FIN_WAIT ? 'FIN_WAIT' : 'ESTABLISHED');

const monitor = await FedMonitor.start();
const { pid, url } = monitor;
const started = performance.now();
const samples = [];
const source = records();
const perTick = (Number(values.rate) * TICK_MS) / 1000 / 0.6 / RECORDS;
let owed = 0;
let before = performance.now();
let sampledMs = 0;
while (performance.now() - started < Number(values.minutes) * 60_000) {
  const now = performance.now();
  owed += (perTick * (now - before)) / TICK_MS;
  before = now;
  const count = Math.floor(owed);
  owed -= count;
  if (count > 0) {
    await monitor.send(count, () => {
      const { value } = source.next();
      alive.delete(value.n);
      alive.set(value.n, { saidMs: Date.now(), timeout: value.timeout, state: value.state });
      return value;
    });
  }
  if (now - sampledMs > SAMPLE_MS) {
    sampledMs = now;
    for (const [n, one] of alive) if (ends(one) < Date.now()) alive.delete(n);
    const heap = await heapOctets(url);
    const handles = readdirSync(`/proc/${pid}/fd`).length;
    samples.push({ hours: (now - started) / 3_600_000, rss: monitor.memory() / 2 ** 20, heap: heap / 2 ** 20, handles });
    if (samples.length % 12 === 1) {
      const { rss, heap: used } = samples.at(-1);
      console.log(
        `${((now - started) / 60_000).toFixed(1)} min  RSS ${rss.toFixed(0)} MiB  heap ${used.toFixed(0)} MiB  ${handles} handles  ${alive.size} sessions`,
      );
    }
  }
  await sleep(TICK_MS);
}
const found = await table(url);
const askedMs = Date.now();
const must = [...alive].filter(([, one]) => ends(one) > askedMs + MARGIN_MS);
const may = new Map([...alive].filter(([, one]) => ends(one) > askedMs - 2 * MARGIN_MS).map(([n, one]) => [nameOf(n), one]));
const missing = must.filter(([n, { state }]) => found.get(nameOf(n)) !== stateOf(state));
const surplus = [...found.keys()].filter((name) => !may.has(name));
const warm = samples.filter(({ hours }) => hours * 60 >= Number(values['warm-up']));
/** The heap right after a collection is the lowest of its time. */
const floor = warm.filter(({ heap }, i) => warm.slice(Math.max(0, i - 6), i + 7).every((other) => heap <= other.heap));
console.log(`RSS        ${slopePerHour(warm, ({ rss }) => rss).toFixed(2)} MiB an hour over ${warm.length} samples`);
console.log(`heap       ${slopePerHour(floor, ({ heap }) => heap).toFixed(2)} MiB an hour over ${floor.length} low points`);
console.log(`handles    ${Math.min(...warm.map(({ handles }) => handles))} to ${Math.max(...warm.map(({ handles }) => handles))}`);
console.log(
  `table      ${found.size} sessions; ${must.length} must be there: ${missing.length} missing or of another state; ${surplus.length} that nobody sent or that have run out`,
);
await monitor.stop();
process.exitCode = missing.length + surplus.length > 0 ? 1 : 0;
