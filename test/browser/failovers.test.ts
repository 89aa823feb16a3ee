/** The list of failovers and the report of one, in a real browser, before recordings of real pairs: what REST says, on the screen and on paper. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Failover } from '../../src/contract/failover.ts';
import { type RunningMonitor, startMonitor } from '../cli/running-monitor.ts';
import { FIXTURES, needs, ROOT } from '../environment.ts';
import { openBrowser } from './demo.ts';
import { type Watching, watching } from './watching.ts';

const OUTPUT = join(ROOT, 'test', 'output');
const WIDE = { width: 1440, height: 900 };

describe.skipIf(needs('chromium'))('failovers', () => {
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(OUTPUT, { recursive: true });
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  describe.each([
    ['dr-v1-failover', 2],
    ['ipv6-v1', 2],
  ])('%s', (recording, count) => {
    let monitor: RunningMonitor;
    let watched: Watching;
    let page: Page;
    let failovers: readonly Failover[];

    beforeAll(async () => {
      monitor = await startMonitor(join(FIXTURES, 'captures', `${recording}.pcap`));
      const answer = await fetch(new URL('/api/v1/failovers', monitor.url));
      failovers = ((await answer.json()) as { items: Failover[] }).items;
      watched = await watching(browser, new URL(monitor.url).origin, {
        viewport: WIDE,
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      page = watched.page;
    });
    afterAll(async () => {
      await page?.context().close();
      await monitor?.stop();
    });

    const reportOf = async (failover: Failover): Promise<void> => {
      await watched.show(`/failovers/${failover.id}`);
      await expect.poll(() => page.locator('.report .conclusion').textContent()).toBe(failover.conclusion);
    };

    test('the list holds all, the latest first; Enter and a click lead to the report, Escape back', async () => {
      expect(failovers).toHaveLength(count);
      await watched.show('/failovers');
      const rows = page.locator('[role=row][data-id]');
      await expect
        .poll(() => rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-id'))))
        .toEqual(failovers.map(({ id }) => id).reverse());
      for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
      await page.waitForURL(`**/failovers/${failovers[0].id}`);
      await page.locator('.report .conclusion').waitFor();
      await page.keyboard.press('Escape');
      await page.waitForURL('**/failovers');
      await rows.first().locator('.conclusion').click();
      await page.waitForURL(`**/failovers/${failovers[count - 1].id}`);
      await page.goBack();
      await page.waitForURL('**/failovers');
      await rows.first().locator('a').click();
      await page.waitForURL(`**/failovers/${failovers[count - 1].id}`);
      await page.goBack();
      await page.waitForURL('**/failovers');
    });

    test('a report has the numbers of REST', async () => {
      for (const failover of failovers) {
        await reportOf(failover);
        const shown = await page
          .locator('[data-fate]')
          .evaluateAll((rows) => rows.map((row) => [row.getAttribute('data-fate'), Number(row.querySelector('td')?.textContent)]));
        expect(Object.fromEntries(shown)).toEqual(failover.sessions);
        const announced = await page.locator('[data-announced]').allTextContents();
        expect(announced).toHaveLength(failover.announcements.length);
        for (const [i, { address, delayMs }] of failover.announcements.entries())
          expect(announced[i]).toBe(`${address}after ${(delayMs ?? 0).toFixed(2)} ms`);
        const texts = await page.locator('.steps tbody td:last-child').allTextContents();
        for (const { text } of failover.timeline) expect(texts.some((shownText) => shownText.includes(text))).toBe(true);
      }
    });

    test('says what was said before the change, as the history has it', async () => {
      await reportOf(failovers[0]);
      await expect.poll(() => page.locator('[data-expected]').count()).toBe(1);
    });

    test('the sessions of before are a link to as many', async () => {
      await reportOf(failovers[0]);
      await page.locator('[data-fate=before] a').click();
      const { before } = failovers[0].sessions;
      await expect.poll(() => page.locator('#connections-count').textContent()).toBe(`${before} of ${before}`);
    });

    test('goes into a ticket as Markdown', async () => {
      await reportOf(failovers[0]);
      await page.getByRole('button', { name: 'copy as Markdown' }).click();
      await expect.poll(() => page.locator('.report [role=status]').textContent()).toBe('Markdown copied');
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied).toContain(failovers[0].conclusion);
      expect(copied).toContain(page.url());
    });

    test('its frames are a capture', async () => {
      await reportOf(failovers[0]);
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'frames (pcap)' }).click()]);
      const octets = readFileSync(await download.path());
      // Magic numbers of pcap (either order, micro- or nanoseconds) and of pcapng.
      expect(['d4c3b2a1', 'a1b2c3d4', '4d3cb2a1', 'a1b23c4d', '0a0d0d0a']).toContain(octets.subarray(0, 4).toString('hex'));
    });

    test('on paper: one to three sheets, light, nothing but the report', async () => {
      await page.emulateMedia({ colorScheme: 'dark' });
      await reportOf(failovers[0]);
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
      const sheets = pdf.match(/\/Type\s*\/Page\b/g) ?? [];
      expect(sheets.length).toBeGreaterThanOrEqual(1);
      expect(sheets.length).toBeLessThanOrEqual(3);
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('.top, .time, .report .actions').evaluateAll((all) => all.filter((one) => one.checkVisibility()))).toEqual(
        [],
      );
      const colour = (name: string) =>
        page.locator('.report').evaluate((report, property) => getComputedStyle(report).getPropertyValue(property), name);
      expect(await colour('background-color')).toBe('rgb(255, 255, 255)');
      expect(await page.locator('.report footer').textContent()).toContain(page.url());
      await page.screenshot({ path: join(OUTPUT, `failover-print-${recording}.png`), fullPage: true });
      await page.emulateMedia({ media: null, colorScheme: null });
    });

    test('400 pixels are wide enough', async () => {
      await page.setViewportSize({ width: 400, height: 800 });
      await reportOf(failovers[0]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
      expect(await page.locator('.story:visible').count()).toBe(1);
      await page.setViewportSize(WIDE);
    });

    test('nothing complained', () => {
      expect(watched.complaints).toEqual([]);
    });
  });

  test('without a failover the list says so, and an unknown one is said to be unknown', async () => {
    const monitor = await startMonitor(join(FIXTURES, 'captures', 'split-brain.pcap'));
    try {
      const { page, show } = await watching(browser, new URL(monitor.url).origin, { viewport: WIDE });
      await show('/failovers');
      await expect.poll(() => page.locator('main .empty').textContent()).toContain('No failover was seen');
      await page.goto(new URL('/failovers/none-0', monitor.url).href);
      await expect.poll(() => page.locator('main .empty').textContent()).not.toContain('asking');
      expect(await page.locator('main a').getAttribute('href')).toBe('/failovers');
      await page.context().close();
    } finally {
      await monitor.stop();
    }
  });
});
