/** Writes docs/dashboard.png, the picture of the README: `node test/browser/screenshot.js`. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openChromium } from './chromium.js';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const PICTURE = file('../../docs/dashboard.png');
/** When the recording has closing, persistent and UDP sessions, a failover behind it and two masters. */
const AFTER_MILLIS = 70_000;

async function printedUrl(demo) {
  for await (const line of createInterface({ input: demo.stdout })) {
    const url = /http:\/\/[\d.]+:\d+/.exec(line);
    if (url) return url[0];
  }
  throw new Error('the demo ended without printing an address');
}

const demo = spawn(process.execPath, [file('../../bin/lvscope.js'), 'demo', '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await printedUrl(demo);
  const browser = await openChromium();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  await page.goto(url);
  await page.waitForTimeout(AFTER_MILLIS);
  mkdirSync(file('../../docs'), { recursive: true });
  await page.screenshot({ path: PICTURE });
  await browser.close();
  process.stdout.write(`${PICTURE}\n`);
} finally {
  demo.kill('SIGTERM');
}
