/** A new master on the page: how long after its first frame. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { type FedMonitor, framesOf, play, shifted, startFed } from './fed.ts';
import { type Watching, watching } from './watching.ts';

const NEW_MASTER = '10.99.0.12';
/** As tshark numbers them: lb1's last adverts, of which the last one resigns (priority 0), and the first of lb2. */
const [LAST_QUIET, FIRST_OF_NEW_MASTER] = [70, 74];

/** When the page begins to match, in milliseconds since 1970. */
function momentOf(page: Page, pattern: RegExp): Promise<number> {
  return page.evaluate(
    (source) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          if (!new RegExp(source).test(document.body.textContent ?? '')) return;
          observer.disconnect();
          resolve(Date.now());
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        look();
      }),
    pattern.source,
  );
}

describe.skipIf(needs('chromium'))('a failover', () => {
  let monitor: FedMonitor;
  let browser: Browser;
  let watched: Watching;

  beforeAll(async () => {
    monitor = await startFed();
    browser = await openBrowser();
    watched = await watching(browser, monitor.url, { viewport: { width: 1440, height: 900 } });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
  });

  test('is on the first page within a second of the frame that makes the new master', async () => {
    const frames = framesOf('dr-v1-failover');
    monitor.feed(shifted(frames.slice(0, LAST_QUIET), frames[LAST_QUIET - 1]));
    await watched.show('/');
    await momentOf(watched.page, /master\W+10\.99\.0\.11/);
    const shown = momentOf(watched.page, new RegExp(`master\\W+${NEW_MASTER.replaceAll('.', '\\.')}`));
    await play(monitor, frames.slice(LAST_QUIET, FIRST_OF_NEW_MASTER), new AbortController().signal);
    const written = Date.now();
    const took = (await shown) - written;
    process.stdout.write(`failover: on the page ${took} ms after the frame\n`);
    expect(took).toBeGreaterThanOrEqual(0);
    expect(took).toBeLessThan(1000);
    expect(watched.complaints).toEqual([]);
  });
});
