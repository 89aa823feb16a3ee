/**
 * The page before a real monitor with a million sessions and 50 000 changes a second: does it scroll, does it stall, does it grow?
 * Ends with 1 when a bar is missed. An empty page and one of plain text, in the same browser before the same monitor, say what the machine can do.
 *
 *   node test/bench/page.js [--sessions N] [--flow RECORDS_PER_SECOND] [--minutes N] [--path PATH] [--json]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { busy, FedMonitor } from './fed-monitor.js';
import { createFigures, median, quantile } from './figures.js';
import { WatchedPage } from './watched-page.js';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    flow: { type: 'string', default: '50000' },
    minutes: { type: 'string', default: '10' },
    path: { type: 'string', default: '/connections' },
    json: { type: 'boolean', default: false },
  },
});
const BAR = { framesPerSecond: 50, taskMs: 100, megabytes: 300, bundleOctets: 150_000 };
const SCROLL_SECONDS = 15;
const JUMPS = 20;
const PLAIN_LINES = 20_000;

const { tell, end } = createFigures(values);
const perSecond = (frames) => (1000 * frames.length) / frames.reduce((a, b) => a + b, 0);
const longest = (tasks) => Math.max(0, ...tasks);

function tellFrames(name, { frames, tasks, taskMs, blanks, workMs }, reference) {
  const slower = (ms) => (100 * frames.filter((took) => took > ms).length) / frames.length;
  tell(`${name}: frames`, perSecond(frames), '/s', BAR.framesPerSecond, { atLeast: true });
  tell(`${name}: of what plain text has`, (100 * perSecond(frames)) / reference, '%');
  tell(`${name}: between frames, p50`, quantile(frames, 0.5), 'ms');
  tell(`${name}: between frames, p95`, quantile(frames, 0.95), 'ms');
  tell(`${name}: frames after more than 20 ms`, slower(20), '%');
  tell(`${name}: frames after more than 33 ms`, slower(34), '%');
  tell(`${name}: processor time of the main thread, a frame`, workMs / frames.length, 'ms');
  tell(`${name}: frames without a session in the middle`, (100 * blanks) / frames.length, '%');
  tell(`${name}: longest task`, longest(tasks), 'ms', BAR.taskMs);
  tell(`${name}: longest task, processor time`, taskMs, 'ms', BAR.taskMs);
}

function tellMemory(when, { own, resident, browser, objects }, bar = null) {
  tell(`${when}: the page's process, of its own`, own, 'MB', bar);
  tell(`${when}: the same with the program's file`, resident, 'MB');
  tell(`${when}: all processes of the browser`, browser, 'MB');
  tell(`${when}: JavaScript objects`, objects, 'MB');
}

/** What the machine can do while the monitor works. @returns frames a second of plain text that is scrolled */
async function measureReference(watched) {
  tell('empty page: frames', perSecond((await watched.frames(() => sleep(5000))).frames), '/s');
  tellMemory('empty page', await watched.memory());
  const lines = Array.from({ length: PLAIN_LINES }, (_, n) => `<p>${n} ESTABLISHED 10.0.0.${n % 256}:443</p>`).join('');
  await watched.page.setContent(`<div id="plain" style="height:800px;overflow:auto">${lines}</div>`);
  const { frames, tasks, workMs } = await watched.frames(() => watched.wheel(watched.page.locator('#plain'), 5));
  tell('plain text by wheel: frames', perSecond(frames), '/s');
  tell('plain text by wheel: processor time of the main thread, a frame', workMs / frames.length, 'ms');
  tell('plain text by wheel: longest task', longest(tasks), 'ms');
  await watched.renew();
  return perSecond(frames);
}

async function measureScrolling(watched, grid, when, reference) {
  await watched.jump(grid, 0);
  tellFrames(`by wheel, ${when}`, await watched.traced(() => watched.wheel(grid, SCROLL_SECONDS)), reference);
  let farthest = 0;
  const dragged = await watched.traced(async () => {
    farthest = await watched.drag(grid, SCROLL_SECONDS);
  });
  tellFrames(`by scrollbar, ${when}`, dragged, reference);
  tell(`by scrollbar, ${when}: farthest place`, 100 * farthest, '%', 90, { atLeast: true });
  const jumps = [];
  for (let n = 1; n <= JUMPS; n++) jumps.push(await watched.jump(grid, (n * 0.618) % 1));
  tell(`a jump shows sessions, ${when}: p50`, median(jumps), 'ms');
  tell(`a jump shows sessions, ${when}: longest`, longest(jumps), 'ms');
}

/** Somebody who looks about now and then. */
async function useFor(watched, grid, minutes) {
  let turns = 0;
  for (const until = performance.now() + minutes * 60_000; performance.now() < until; turns++) {
    await watched.jump(grid, (turns * 0.618) % 1);
    await watched.wheel(grid, 5);
    await sleep(5000);
  }
}

function bundleOctets() {
  const folder = new URL('../../dist/web/assets/', import.meta.url);
  const files = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name));
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder))).length, 0);
}

async function measurePage(monitor, watched) {
  const reference = await measureReference(watched);
  const began = performance.now();
  await watched.page.goto(`${monitor.url}${values.path}`);
  const grid = watched.page.locator('[role=grid]');
  await grid.locator('[role=row][data-id]').first().waitFor();
  tell('first session shown after', performance.now() - began, 'ms');
  tell('rows that the grid says it has', Number(await grid.getAttribute('aria-rowcount')), 'rows', Number(values.sessions), {
    atLeast: true,
  });
  const idle = await watched.frames(() => sleep(5000));
  tell('nobody scrolls: frames', perSecond(idle.frames), '/s');
  tell('nobody scrolls: longest task', longest(idle.tasks), 'ms', BAR.taskMs);
  await measureScrolling(watched, grid, 'at first', reference);
  const before = await watched.memory();
  const octets = await watched.octets();
  const minutes = Number(values.minutes);
  const { tasks } = await watched.frames(() => useFor(watched, grid, minutes));
  const after = await watched.memory();
  tell('changes that the monitor enters', await monitor.recordsPerSecond(), '/s', 0.95 * Number(values.flow), { atLeast: true });
  tell(`${minutes} minutes: longest task`, longest(tasks), 'ms', BAR.taskMs);
  tell(`${minutes} minutes: tasks over 50 ms`, tasks.length / minutes, '/min');
  tell(`${minutes} minutes: octets received`, ((await watched.octets()) - octets) / 1e3 / (minutes * 60), 'kB/s');
  tellMemory('memory before', before);
  tellMemory(`memory after ${minutes} minutes`, after, BAR.megabytes);
  await measureScrolling(watched, grid, 'at last', reference);
}

tell('load of this machine by others, before', loadavg()[0], '');
tell('bundle, gzip', bundleOctets(), 'octets', BAR.bundleOctets);
const monitor = await FedMonitor.start();
try {
  await monitor.load(Number(values.sessions));
  monitor.flow(Number(values.flow), busy);
  await sleep(2000);
  tell('sessions', await monitor.connections(), '');
  const watched = await WatchedPage.open();
  try {
    await measurePage(monitor, watched);
  } finally {
    await watched.close();
  }
  tell('sessions in the end', await monitor.connections(), '');
} finally {
  await monitor.stop();
}
process.exitCode = end() > 0 ? 1 : 0;
