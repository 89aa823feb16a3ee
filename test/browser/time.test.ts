/**
 * The moment that the page shows, on recordings of real pairs: what it says of a moment is what REST says with `at=` (which
 * test/past.test.ts holds against ipvsadm), and the marks of the recording say who was master.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../src/contract/event.ts';
import { type RunningMonitor, startMonitor } from '../cli/running-monitor.ts';
import { FIXTURES, needs } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { watching } from './watching.ts';

const MINUTE = '2026-11-21T04:07:';

describe.skipIf(needs('chromium'))('the moment that the page shows', () => {
  let monitor: RunningMonitor;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let url: string;

  const at = () => new URL(page.url()).searchParams.get('at');
  const states = () =>
    page
      .locator('[data-router]', { hasText: 'IPv4' })
      .evaluateAll((rows) => rows.map((row) => /two masters|no master|master/.exec(row.textContent ?? '')?.[0]));
  const settle = async (state: string) => {
    await page.locator(`#moment[data-moment=${state}]:not([data-waiting])`).waitFor();
  };
  async function events(): Promise<Event[]> {
    const response = await fetch(
      `${url}/api/v1/events?sort=at&limit=1000&q=${encodeURIComponent('severity >= warning || kind == vrrp.master_change')}`,
    );
    return ((await response.json()) as { items: Event[] }).items;
  }

  beforeAll(async () => {
    monitor = await startMonitor(join(FIXTURES, 'captures', 'split-brain.pcap'));
    url = monitor.url.replace(/\/$/, '');
    browser = await openBrowser();
    const watched = await watching(browser, url, { viewport: { width: 1440, height: 900 } });
    ({ page, complaints } = watched);
    await watched.show('/');
  });
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
  });

  // Adverts are dropped from 04:07:30.23, lb2 holds the address from 33.86, adverts pass again from 45.90.
  test.each([
    ['30', 'master'],
    ['40', 'two masters'],
    ['53', 'master'],
  ])('an address with at=04:07:%s shows %s', async (second, state) => {
    await page.goto(`${url}/?at=${MINUTE}${second}Z`);
    await settle('past');
    await expect.poll(states).toEqual([state]);
    await expect.poll(() => page.locator('#moment').textContent()).toContain(`:07:${second}`);
  });

  test('services and sessions are those of that moment', async () => {
    const moment = `${MINUTE}40Z`;
    await page.goto(`${url}/connections?at=${moment}`);
    const listed = async () =>
      ((await (await fetch(`${url}/api/v1/connections?sort=age&limit=1000&at=${moment}`)).json()) as { items: { id: string }[] }).items;
    const ids = (await listed()).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(3);
    await expect
      .poll(() => page.locator('[role=row][data-id]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id'))))
      .toEqual(ids.slice(0, 40));
  });

  test('the keys lead through time: a second, a minute, an event, and back', async () => {
    await page.goto(`${url}/?at=${MINUTE}40Z`);
    await settle('past');
    await page.locator('.time svg line').first().waitFor({ state: 'attached' });
    await page.keyboard.press(']');
    await expect.poll(at).toBe(`${MINUTE}41.000Z`);
    await page.keyboard.press('[');
    await page.keyboard.press('[');
    await expect.poll(at).toBe(`${MINUTE}39.000Z`);
    // After the recording the clock goes on: what comes then is not there at every run.
    const [first, second] = (await events()).map((event) => Date.parse(event.at));
    for (const [key, time] of [
      ['<', second],
      ['<', first],
      ['>', second],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => Date.parse(at() ?? '')).toBe(time);
    }
    await page.keyboard.press('.');
    await expect.poll(at).toBeNull();
    await settle('live');
  });

  test('the moment stays from page to page, and the way back in the browser leads through what was seen', async () => {
    await page.goto(`${url}/?at=${MINUTE}40Z`);
    await settle('past');
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await expect.poll(() => new URL(page.url()).pathname).toBe('/events');
    await expect.poll(at).toBe(`${MINUTE}40Z`);
    await page.goBack();
    await expect.poll(() => new URL(page.url()).pathname).toBe('/');
    await expect.poll(states).toEqual(['two masters']);
  });

  test('the slider goes by keyboard, and says which moment it is', async () => {
    await page.goto(`${url}/`);
    await settle('live');
    const slider = page.locator('.time input[type=range]');
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await settle('past');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/\d\d:\d\d:\d\d/);
    await page.keyboard.press('Home');
    await expect.poll(async () => Date.parse(at() ?? '')).toBeLessThan(Date.parse(`${MINUTE}30Z`));
  });

  test('a moment before the history is said not to be kept, and nothing else is shown in its place', async () => {
    const before = await watching(browser, url);
    await before.page.goto(`${url}/?at=2026-11-20T00:00:00Z`);
    await expect.poll(() => before.page.locator('#moment').textContent()).toContain('cannot be made again');
    await expect.poll(() => before.page.locator('[data-router]').count()).toBe(0);
    // Each part of the page asks and is refused on its own; the browser reports every refusal.
    expect(before.complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await before.page.context().close();
  });

  test('frozen, the page shows the moment of the key and says so', async () => {
    await page.goto(`${url}/`);
    await settle('live');
    await page.keyboard.press('f');
    await settle('past');
    await page.locator('.time button', { hasText: 'live' }).click();
    await settle('live');
  });

  test('nothing complained', () => expect(complaints).toEqual([]));
});
