/** The page in a real browser, before the real program playing the bundled recording. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { Connection } from '../../src/contract/connection.ts';
import type { Service } from '../../src/contract/service.ts';
import { needs, ROOT } from '../environment.ts';
import { type Demo, openBrowser, startDemo } from './demo.ts';

const OUTPUT = join(ROOT, 'test', 'output');

interface ShownRow {
  readonly id: string;
  readonly expireSeconds: number;
  readonly state: string;
  readonly syncs: string;
}

/** The rows that are drawn, read from the document. */
function shownRows(page: Page): Promise<ShownRow[]> {
  return page.locator('[role=row][data-id]').evaluateAll((rows) =>
    rows.map((row) => {
      const text = (name: string) => row.querySelector(`.${name}`)?.textContent ?? '';
      const [minutes, seconds] = text('expire').split(':').map(Number);
      return { id: row.getAttribute('data-id') ?? '', expireSeconds: minutes * 60 + seconds, state: text('state'), syncs: text('syncs') };
    }),
  );
}

/** `name active inactive` of every real server on the page, under its service's id. */
function shownServices(page: Page): Promise<string[]> {
  return page.locator('[data-service]').evaluateAll((services) =>
    services.flatMap((service) =>
      [...service.querySelectorAll('.destination')].map((row) => {
        const [name, , active, inactive] = [...row.children].map((cell) => cell.textContent ?? '');
        return `${service.getAttribute('data-service')} ${name.replace('→ ', '')} ${active} ${inactive}`;
      }),
    ),
  );
}

describe.skipIf(needs('chromium'))('the page', () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const strangers: string[] = [];

  async function rest<Item>(path: string): Promise<Item[]> {
    const response = await fetch(`${demo.url}/api/v1/${path}`);
    return ((await response.json()) as { items: Item[] }).items;
  }

  beforeAll(async () => {
    demo = await startDemo();
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).host !== new URL(demo.url).host) strangers.push(request.url());
    });
    const answer = await page.goto(`${demo.url}/`);
    expect(answer?.headers()['content-security-policy']).toContain("default-src 'self'");
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test('sessions appear, as many as REST counts', async () => {
    await expect.poll(async () => (await shownRows(page)).length, { timeout: 30_000 }).toBeGreaterThan(5);
    await expect
      .poll(
        async () => {
          const [listed, shown] = [
            await rest<Connection>('connections?limit=1000'),
            await page.locator('#connections-count').textContent(),
          ];
          return shown === `${listed.length} of ${listed.length}`;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  });

  test('expiry counts down each second, and says what REST says', async () => {
    const before = new Map((await shownRows(page)).map((row) => [row.id, row]));
    await page.waitForTimeout(3000);
    const [after, listed] = [await shownRows(page), new Map((await rest<Connection>('connections?limit=1000')).map((c) => [c.id, c]))];
    // Sessions that no sync confirmed meanwhile.
    const waited = after.filter((row) => before.get(row.id)?.syncs === row.syncs && row.expireSeconds > 0);
    expect(waited.length).toBeGreaterThan(0);
    for (const row of waited) {
      const passed = (before.get(row.id)?.expireSeconds ?? 0) - row.expireSeconds;
      expect(passed, row.id).toBeGreaterThanOrEqual(2);
      expect(passed, row.id).toBeLessThanOrEqual(4);
      expect(Math.abs(row.expireSeconds - (listed.get(row.id)?.expiresInSeconds ?? 0)), row.id).toBeLessThanOrEqual(1);
    }
  });

  test('a session disappears when it expires', async () => {
    await expect
      .poll(async () => (await shownRows(page)).some((row) => row.expireSeconds > 1 && row.expireSeconds < 9), { timeout: 30_000 })
      .toBe(true);
    const closing = (await shownRows(page)).filter((row) => row.expireSeconds > 1 && row.expireSeconds < 9);
    const expiresAt = new Map((await rest<Connection>('connections?limit=1000')).map((c) => [c.id, Date.parse(c.expiresAt)]));
    const { id } = closing[0];
    await page.locator(`[data-id="${id}"]`).waitFor({ state: 'detached', timeout: 20_000 });
    const lateBy = Date.now() - (expiresAt.get(id) ?? 0);
    expect(lateBy).toBeGreaterThan(-1000);
    expect(lateBy).toBeLessThan(3000);
    expect((await rest<Connection>('connections?limit=1000')).map((c) => c.id)).not.toContain(id);
  });

  test('services show what REST counts', async () => {
    await expect
      .poll(
        async () => {
          const listed = (await rest<Service>('services')).flatMap((s) =>
            s.destinations.map((d) => `${s.id} ${d.destination.address}:${d.destination.port} ${d.active} ${d.inactive}`),
          );
          const shown = await shownServices(page);
          return listed.length > 0 && JSON.stringify(shown) === JSON.stringify(listed);
        },
        { timeout: 15_000 },
      )
      .toBe(true);
  });

  test('the strip knows the sync sender and the capture', async () => {
    const [daemon] = await rest<{ address: string }>('daemons');
    expect(await page.locator('.card.sync').textContent()).toContain(daemon.address);
    expect(await page.locator('.card.capture').textContent()).toContain('packets');
    expect(await page.locator('#link').textContent()).toContain('live');
  });

  test('the filter box filters at the server, / leads to it, Esc clears it', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('state=ESTABLISHED');
    await expect
      .poll(async () => [...new Set((await shownRows(page)).map((row) => row.state))], { timeout: 5000 })
      .toEqual(['ESTABLISHED']);
    expect(new URL(page.url()).search).toBe('?state=ESTABLISHED');
    await page.keyboard.press('Escape');
    await expect.poll(async () => new Set((await shownRows(page)).map((row) => row.state)).size, { timeout: 5000 }).toBeGreaterThan(1);
    expect(new URL(page.url()).search).toBe('');
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['colour=red', 'colour'],
    ['client=300.1.2.3', 'client'],
  ])('a filter that is none (%s) is said to be none, and the rows stay', async (text, name) => {
    const before = (await shownRows(page)).length;
    await page.locator('#filter').fill(text);
    await page.locator('#filter').press('Enter');
    await expect.poll(() => page.locator('#filter-fault').textContent(), { timeout: 5000 }).toContain(name);
    expect((await shownRows(page)).length).toBeGreaterThan(before / 2);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('#filter-fault').textContent(), { timeout: 5000 }).toBe('');
  });

  test('a click on a value filters by it, a second click does so no more', async () => {
    const cell = page.locator('[role=gridcell].destination').first();
    const destination = await cell.textContent();
    await cell.click();
    await expect.poll(() => page.locator('#filter').inputValue()).toBe(`dest=${destination}`);
    await expect
      .poll(async () => new Set(await page.locator('[role=gridcell].destination').allTextContents()), { timeout: 5000 })
      .toEqual(new Set([destination]));
    await page.locator('[role=gridcell].destination').first().click();
    await expect.poll(() => page.locator('#filter').inputValue()).toBe('');
  });

  test('j, k and l move through the grid, which names its active cell', async () => {
    for (const key of ['Escape', 'j', 'j', 'j', 'k', 'l', 'l']) await page.keyboard.press(key);
    const grid = page.locator('[role=grid]');
    const active = await grid.getAttribute('aria-activedescendant');
    const cell = page.locator(`#${active}`);
    expect(await cell.getAttribute('role')).toBe('gridcell');
    expect(await cell.getAttribute('aria-selected')).toBe('true');
    expect(await cell.getAttribute('class')).toContain('state');
    expect(await grid.evaluate((element) => element === document.activeElement)).toBe(true);
    const state = await cell.textContent();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#filter').inputValue()).toBe(`state=${state}`);
    await page.keyboard.press('Escape');
    expect(await grid.getAttribute('aria-activedescendant')).toBeNull();
  });

  test('the grid tells how long it is and where each row stands', async () => {
    // Sessions come and go between two looks, so both are had at once.
    const told = await page.locator('[role=grid]').evaluate((grid) => ({
      rows: [...grid.querySelectorAll('[role=row][data-id]')].map((row) => Number(row.getAttribute('aria-rowindex'))),
      count: Number(grid.getAttribute('aria-rowcount')),
    }));
    expect(Math.min(...told.rows)).toBe(2);
    expect(Math.max(...told.rows)).toBeLessThanOrEqual(told.count);
  });

  test('rows come and go without pushing anything about', async () => {
    const shift = await page.evaluate(async () => {
      let sum = 0;
      // The library for DOM types knows no entries of this kind.
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
      });
      observer.observe({ type: 'layout-shift', buffered: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
      return sum;
    });
    // web.dev, Cumulative Layout Shift: 0.1 and below is good.
    expect(shift).toBeLessThan(0.1);
  });

  test('1440 x 900 holds it without scrolling, 400 pixels without sideways scrolling, in both themes', async () => {
    mkdirSync(OUTPUT, { recursive: true });
    for (const colorScheme of ['dark', 'light'] as const)
      for (const viewport of [
        { width: 1440, height: 900 },
        { width: 400, height: 800 },
      ]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await page.waitForTimeout(300);
        const { clientHeight, scrollHeight, scrollWidth } = await page.evaluate(() => {
          const { clientHeight, scrollHeight, scrollWidth } = document.documentElement;
          return { clientHeight, scrollHeight, scrollWidth };
        });
        expect(scrollWidth).toBeLessThanOrEqual(viewport.width);
        if (viewport.width === 1440) expect(scrollHeight).toBeLessThanOrEqual(clientHeight);
        await page.screenshot({ path: join(OUTPUT, `page-${viewport.width}-${colorScheme}.png`), fullPage: true });
      }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  // The recording has a keepalived that stops and a split brain; together they last for a quarter of its 85 s.
  test('what is wrong now is what REST lists, and opens by keyboard to what it means and what to do', { timeout: 120_000 }, async () => {
    const rows = page.locator('[data-anomaly]');
    await expect
      .poll(
        async () => {
          const listed = (await rest<Anomaly>('anomalies?check=raised')).map(({ id }) => id);
          const shown = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-anomaly')));
          return listed.length > 0 && JSON.stringify(shown) === JSON.stringify(listed);
        },
        { timeout: 100_000, interval: 200 },
      )
      .toBe(true);
    const [anomaly] = await rest<Anomaly>('anomalies?check=raised');
    const row = page.locator(`[data-anomaly="${anomaly.id}"]`);
    expect(await row.locator('summary').textContent()).toContain(`${anomaly.severity} ${anomaly.text}`);
    await row.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await row.locator('details').evaluate((details) => (details as HTMLDetailsElement).open)).toBe(true);
    expect(await row.textContent()).toContain(`${anomaly.meaning}What to do: ${anomaly.advice}`);
    expect(await page.locator('#anomalies-title').textContent()).toMatch(new RegExp(`\\d ${anomaly.severity}`));
  });

  test('nothing complained, no other host was asked', () => {
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
  });

  test('a lost server is said to be lost, the page stands still, and comes back with it', async () => {
    await demo.stop();
    await expect.poll(() => page.locator('#link').getAttribute('data-phase'), { timeout: 10_000 }).toBe('lost');
    const before = await shownRows(page);
    expect(await page.locator('#link').textContent()).toContain('not connected');
    await page.waitForTimeout(2000);
    expect(await shownRows(page)).toEqual(before);
    await page.screenshot({ path: join(OUTPUT, 'page-lost.png') });
    demo = await startDemo(Number(new URL(demo.url).port));
    await expect.poll(() => page.locator('#link').getAttribute('data-phase'), { timeout: 15_000 }).toBe('live');
    await expect
      .poll(async () => (await shownRows(page)).some((row) => !before.some(({ id }) => id === row.id)), { timeout: 30_000 })
      .toBe(true);
  });
});
