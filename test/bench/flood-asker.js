/**
 * Asks a monitor one thing after the other as a page and a scraper would, beside it in its namespace, and tells on standard output
 * how long each answer took. A path on a line of standard input is asked too, and answered with a line `{ path, body }`.
 *
 *   node test/bench/flood-asker.js URL
 */
import { createInterface } from 'node:readline';

const PATHS = ['/api/v1/status', '/api/v1/connections?limit=100', '/api/v1/vrrp', '/api/v1/anomalies', '/api/v1/daemons', '/metrics'];
const EVERY_MS = 50;
const TELL_MS = 500;
const MOST_MS = 20_000;
const url = process.argv[2];

async function ask(path) {
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(MOST_MS) });
  return { isRight: answer.ok, text: await answer.text() };
}

createInterface({ input: process.stdin }).on('line', (path) => {
  void ask(path).then(
    ({ text }) => process.stdout.write(`${JSON.stringify({ path, body: JSON.parse(text) })}\n`),
    (error) => process.stdout.write(`${JSON.stringify({ path, body: { error: error.message } })}\n`),
  );
});

let times = [];
let turn = 0;
setInterval(() => {
  const path = PATHS[turn++ % PATHS.length];
  const before = performance.now();
  void ask(path).then(
    ({ isRight }) => times.push({ path: isRight ? path : `${path}: refused`, ms: performance.now() - before }),
    (error) => times.push({ path: `${path}: ${error.message}`, ms: performance.now() - before }),
  );
}, EVERY_MS);
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ times })}\n`);
  times = [];
}, TELL_MS);
