/** A monitor that dies, comes back or stands still: what the page says of it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { type FedMonitor, framesOf, shifted, startFed } from './fed.ts';
import { PATHS, type Watching, watching } from './watching.ts';

/** The page's status comes each second; six without it are a silence. A busy machine may take its time. */
const SAID_WITHIN = 20_000;
/** The page waits ten seconds at most before it tries again. */
const COMES_BACK_WITHIN = 40_000;

const LISTS = PATHS.filter((path) => !path.includes(':'));

/** A recording as if it had just been made. */
function tell(monitor: FedMonitor, recording: string): void {
  const frames = framesOf(recording);
  monitor.feed(shifted(frames, frames.at(-1)));
}

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
  let sessions: Watching;
  let all: Watching[];
  let loads = 0;

  const phases = () => Promise.all(all.map(({ page }) => page.locator('#link').getAttribute('data-phase')));
  const texts = () => Promise.all(all.map(({ page }) => page.locator('main').textContent()));
  const every = (phase: string): string[] => all.map(() => phase);

  /** What the monitor knows, once it has read what it was told, is what the page shows. */
  async function expectShown(): Promise<string[]> {
    let [due, shown]: string[][] = [[], []];
    const agree = async () => {
      [due, shown] = await Promise.all([known(monitor), listed(sessions.page)]);
      return due.length > 4 && JSON.stringify(due) === JSON.stringify(shown);
    };
    await expect.poll(agree, { timeout: 20_000 }).toBe(true);
    return due;
  }

  beforeAll(async () => {
    monitor = await startFed();
    tell(monitor, 'active-active');
    browser = await openBrowser();
    // High enough for all sessions to be drawn.
    const viewport = { width: 1440, height: 2400 };
    all = await Promise.all(LISTS.map(() => watching(browser, monitor.url, { viewport })));
    for (const [i, path] of LISTS.entries()) await all[i].show(path);
    sessions = all[LISTS.indexOf('/connections')];
    for (const { page } of all) page.on('load', () => loads++);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
  });

  test('lives, its sessions are shown', async () => {
    await expectShown();
    expect(all.flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  test('is killed, every page says so and shows what it showed', async () => {
    await monitor.stop();
    await expect.poll(phases, { timeout: SAID_WITHIN }).toEqual(every('lost'));
    for (const { page } of all) expect(await page.locator('#link').textContent()).toContain('not connected');
    const shown = await texts();
    await sessions.page.waitForTimeout(2500);
    expect(await texts()).toEqual(shown);
  });

  test('comes back with other sessions, these are shown without a reload, and none of the others', async () => {
    const before = await listed(sessions.page);
    monitor = await startFed(Number(new URL(monitor.url).port));
    tell(monitor, 'nat-v0');
    await expect.poll(phases, { timeout: COMES_BACK_WITHIN }).toEqual(every('live'));
    const due = await expectShown();
    expect(due.filter((id) => before.includes(id))).toEqual([]);
    expect(loads).toBe(0);
  });

  test('stands still, every page says so, and it goes on where it was', async () => {
    monitor.signal('SIGSTOP');
    await expect.poll(phases, { timeout: SAID_WITHIN }).toEqual(every('lost'));
    monitor.signal('SIGCONT');
    await expect.poll(phases, { timeout: COMES_BACK_WITHIN }).toEqual(every('live'));
    await expectShown();
    expect(loads).toBe(0);
  });
});
