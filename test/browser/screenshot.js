/** Writes docs/pictures, the pictures of the README and of docs/dashboard.md: `node test/browser/screenshot.js` after a build. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openChromium } from './chromium.js';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const PICTURES = file('../../docs/pictures');
/** When the recording has closing, persistent and UDP sessions, a failover behind it and two masters. */
const AFTER_MILLIS = 70_000;
const DESK = { width: 1440, height: 900 };

async function printedUrl(demo) {
  for await (const line of createInterface({ input: demo.stdout })) {
    const url = /http:\/\/[\d.]+:\d+/.exec(line);
    if (url) return url[0];
  }
  throw new Error('the demo ended without printing an address');
}

const listOf = async (url, path) => (await (await fetch(`${url}/api/v1/${path}`)).json()).items;

/** Name, address, keys to press there, how the window is. */
async function views(url) {
  const [failover] = await listOf(url, `failovers?${new URLSearchParams({ sort: '-at', limit: 1, q: 'reason == resigned' })}`);
  return [
    { name: 'overview', path: '/' },
    { name: 'connections', path: '/connections', keys: ['j', 'j', 'j', ' '] },
    { name: 'vrrp', path: '/vrrp' },
    { name: 'failover', path: `/failovers/${failover.id}`, colorScheme: 'light', fullPage: true },
    { name: 'past', path: `/events?at=${new Date(Date.parse(failover.at) + 500).toISOString()}`, keys: ['j', 'j', ' '] },
    { name: 'phone', path: '/', viewport: { width: 400, height: 800 } },
  ];
}

async function shoot(browser, url, { name, path, keys = [], viewport = DESK, colorScheme = 'dark', fullPage = false }) {
  const page = await browser.newPage({ viewport, colorScheme });
  await page.goto(url + path);
  await page.locator('#link[data-phase=live]').waitFor();
  await page.locator('#moment:not([data-waiting])').waitFor();
  await page.waitForLoadState('networkidle');
  for (const key of keys) await page.keyboard.press(key);
  await sleep(2500);
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage });
  await page.close();
}

const demo = spawn(process.execPath, [file('../../bin/lvscope.js'), 'demo', '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await printedUrl(demo);
  await sleep(AFTER_MILLIS);
  mkdirSync(PICTURES, { recursive: true });
  const browser = await openChromium();
  for (const view of await views(url)) await shoot(browser, url, view);
  await browser.close();
  process.stdout.write(`${PICTURES}\n`);
} finally {
  demo.kill('SIGTERM');
}
