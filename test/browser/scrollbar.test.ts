/** A hand on the scrollbar of a list that grows under it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { recordV1 } from '../sync-message.ts';
import { sync } from '../wire-frames.ts';
import { openChromium } from './chromium.js';
import { type FedMonitor, shifted, startFed } from './fed.ts';
import { watching } from './watching.ts';

/** Past the arrow at the end of the bar, onto its thumb; and from the edge of the grid. */
const [THUMB, INSIDE] = [18, 6];

/** New sessions, each from a port of its own. */
const sessions = (from: number, count: number) =>
  shifted([sync(0, { records: Array.from({ length: count }, (_, n) => recordV1({ clientPort: from + n })) })]);

describe.skipIf(needs('chromium'))('the scrollbar of the connections', () => {
  let monitor: FedMonitor;
  let browser: Browser;

  beforeAll(async () => {
    monitor = await startFed();
    for (let from = 1000; from < 3000; from += 40) monitor.feed(sessions(from, 40));
    // A bar that is hidden cannot be dragged.
    browser = await openChromium({ ignoreDefaultArgs: ['--hide-scrollbars'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
  });

  test('stays in the hand while sessions come', async () => {
    const { page, show } = await watching(browser, monitor.url);
    await show('/connections');
    const grid = page.locator('[role=grid]');
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('2001');
    const { x, y, width, height } = (await grid.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const [bar, top, length] = [x + width - INSIDE, y + THUMB, height - 2 * THUMB];
    const place = () => grid.evaluate((element) => element.scrollTop / (element.scrollHeight - element.clientHeight));

    await page.mouse.move(bar, top);
    await page.mouse.down();
    for (let step = 1; step <= 20; step++) {
      monitor.feed(sessions(10_000 + step * 40, 40));
      await page.mouse.move(bar, top + (length * step) / 40);
      await sleep(100);
    }
    expect(await place()).toBeGreaterThan(0.45);
    expect(await place()).toBeLessThan(0.55);
    await page.mouse.up();
    // All of them are there once it was let go.
    await page.mouse.move(x + 50, y + 50);
    const rowHeight = (await page.locator('[role=row][data-id]').first().boundingBox())?.height ?? 0;
    await expect.poll(() => grid.evaluate((element) => element.scrollHeight)).toBeGreaterThan(2790 * rowHeight);
  });
});
