/** A monitor that dies, comes back or stands still: what the page says of it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { type FedMonitor, framesOf, shifted, startFed } from './fed.ts';
import { type Watching, watching } from './watching.ts';

/** The page's status comes each second; six without it are a silence. */
const SAID_WITHIN = 10_000;

/** A recording as if it had just been made. */
function tell(monitor: FedMonitor, recording: string): void {
  const frames = framesOf(recording);
  monitor.feed(shifted(frames, frames.at(-1)));
}

const phase = (page: Page) => page.locator('#link').getAttribute('data-phase');

/** Sessions that the page lists, by their id. */
const listed = (page: Page): Promise<string[]> =>
  page.locator('[role=row][data-id]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id') ?? '').sort());

async function known(monitor: FedMonitor): Promise<string[]> {
  const answer = await fetch(`${monitor.url}/api/v1/connections?limit=1000`);
  return ((await answer.json()) as { items: { id: string }[] }).items.map(({ id }) => id).sort();
}

describe.skipIf(needs('chromium'))('when the monitor', () => {
  let monitor: FedMonitor;
  let browser: Browser;
  let watched: Watching;
  let loads = 0;

  beforeAll(async () => {
    monitor = await startFed();
    tell(monitor, 'active-active');
    browser = await openBrowser();
    // High enough for all sessions to be drawn.
    watched = await watching(browser, monitor.url, { viewport: { width: 1440, height: 2400 } });
    await watched.show('/connections');
    watched.page.on('load', () => loads++);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
  });

  test('lives, its sessions are shown', async () => {
    const sessions = await known(monitor);
    expect(sessions.length).toBeGreaterThan(4);
    await expect.poll(() => listed(watched.page)).toEqual(sessions);
    expect(watched.complaints).toEqual([]);
  });

  test('is killed, that is said, and what was shown stays as it was', async () => {
    const before = await watched.page.locator('[role=grid]').textContent();
    await monitor.stop();
    await expect.poll(() => phase(watched.page), { timeout: SAID_WITHIN }).toBe('lost');
    expect(await watched.page.locator('#link').textContent()).toContain('not connected');
    const shown = await watched.page.locator('[role=grid]').textContent();
    await watched.page.waitForTimeout(2500);
    expect(await watched.page.locator('[role=grid]').textContent()).toBe(shown);
    expect(shown?.length).toBe(before?.length);
  });

  test('comes back with other sessions, these are shown without a reload, and none of the others', async () => {
    const before = await listed(watched.page);
    monitor = await startFed(Number(new URL(monitor.url).port));
    tell(monitor, 'nat-v0');
    await expect.poll(() => phase(watched.page), { timeout: 20_000 }).toBe('live');
    const sessions = await known(monitor);
    expect(sessions.filter((id) => before.includes(id))).toEqual([]);
    await expect.poll(() => listed(watched.page), { timeout: 5000 }).toEqual(sessions);
    expect(loads).toBe(0);
  });

  test('stands still, that is said, and it goes on where it was', async () => {
    monitor.signal('SIGSTOP');
    await expect.poll(() => phase(watched.page), { timeout: SAID_WITHIN }).toBe('lost');
    monitor.signal('SIGCONT');
    await expect.poll(() => phase(watched.page), { timeout: 20_000 }).toBe('live');
    await expect.poll(() => listed(watched.page), { timeout: 5000 }).toEqual(await known(monitor));
    expect(loads).toBe(0);
  });
});
