/** The first page in a real browser, before the real program playing the bundled recording: what it says is what REST says. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { Failover } from '../../src/contract/failover.ts';
import type { Service } from '../../src/contract/service.ts';
import type { Status } from '../../src/contract/status.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { needs, ROOT } from '../environment.ts';
import { type Demo, openBrowser, startDemo } from './demo.ts';
import { type FedMonitor, framesOf, shifted, startFed } from './fed.ts';
import { watching } from './watching.ts';

const OUTPUT = join(ROOT, 'test', 'output');
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 400, height: 800 };

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

const listedServices = (services: readonly Service[]): string[] =>
  services.flatMap((s) => s.destinations.map((d) => `${s.id} ${d.destination.address}:${d.destination.port} ${d.active} ${d.inactive}`));

/** How many different texts a place had within a second. */
function textsWithinASecond(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate(async (element) => {
      const texts = new Set<string>();
      const observer = new MutationObserver(() => texts.add(element.textContent ?? ''));
      observer.observe(element, { subtree: true, characterData: true, childList: true });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      observer.disconnect();
      return texts.size;
    });
}

describe.skipIf(needs('chromium'))('the overview', () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  async function rest<Body>(path: string): Promise<Body> {
    const response = await fetch(`${demo.url}/api/v1/${path}`);
    return (await response.json()) as Body;
  }
  const list = async <Item>(path: string): Promise<Item[]> => (await rest<{ items: Item[] }>(path)).items;

  beforeAll(async () => {
    demo = await startDemo();
    browser = await openBrowser();
    const watched = await watching(browser, demo.url, { viewport: WIDE, colorScheme: 'dark' });
    ({ page, complaints } = watched);
    await watched.show('/');
    mkdirSync(OUTPUT, { recursive: true });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test('services and sessions show what REST counts', async () => {
    await expect
      .poll(
        async () => {
          const [shown, live] = [await shownServices(page), await page.locator('#sessions-live').textContent()];
          const [services, status] = [await list<Service>('services'), await rest<Status>('status')];
          return (
            services.length > 1 && JSON.stringify(shown) === JSON.stringify(listedServices(services)) && live === `${status.sessions.live}`
          );
        },
        { timeout: 30_000 },
      )
      .toBe(true);
  });

  test('a strip for each virtual router: its state and master; readiness opens by keyboard to its reasons', async () => {
    const routers = await list<VirtualRouter>('vrrp');
    expect(routers.length).toBeGreaterThan(1);
    for (const { id, master, readiness } of routers) {
      const strip = page.locator(`[data-router="${id}"]`);
      expect(await strip.textContent()).toContain(`● master${master?.address} prio ${master?.priority}`);
      await strip.locator('.readiness').focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => strip.locator('.reasons').isVisible()).toBe(true);
      expect(await strip.locator('.reasons li').allTextContents()).toEqual(readiness.reasons);
      await page.keyboard.press('Enter');
      await expect.poll(() => strip.locator('.reasons').isVisible()).toBe(false);
    }
  });

  test('the time to the takeover runs down ten times a second, once where motion is unwanted', async () => {
    await expect.poll(() => textsWithinASecond(page, '.countdown .left'), { timeout: 20_000 }).toBeGreaterThan(3);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    // Besides the step of each second there are the adverts, one a second too.
    await expect.poll(() => textsWithinASecond(page, '.countdown .left'), { timeout: 20_000 }).toBeLessThanOrEqual(3);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
  });

  test('the sync sender and the capture are there', async () => {
    const [daemon] = await list<{ address: string }>('daemons');
    expect(await page.locator('.sync').textContent()).toContain(`sends ${daemon.address}`);
    expect(await page.locator('.capture').textContent()).toMatch(/sees pair\.pcap \d+ packets/);
  });

  test('a service is closed and opened by keyboard, and the address holds it', async () => {
    const [service] = await list<Service>('services');
    const below = page.locator(`[data-service="${service.id}"] .destination`);
    const before = await below.count();
    const button = page.locator(`[data-service="${service.id}"] button`);
    await button.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => below.count()).toBe(0);
    await page.reload();
    await expect.poll(() => button.getAttribute('aria-expanded')).toBe('false');
    await button.press('Enter');
    await expect.poll(() => below.count()).toBe(before);
  });

  test('the last hour is drawn for each service and real server', async () => {
    const services = await list<Service>('services');
    const rows = services.reduce((sum, { destinations }) => sum + 1 + destinations.length, 0);
    await expect.poll(() => page.locator('.services svg path[d^=M]').count(), { timeout: 30_000 }).toBeGreaterThanOrEqual(rows);
    await expect.poll(() => page.locator('.sessions svg path[d^=M]').count()).toBe(1);
  });

  test('links lead to the sessions of a service and of a real server', async () => {
    const [{ id, destinations }] = await list<Service>('services');
    const { address, port } = destinations[0].destination;
    const hrefs = await page
      .locator(`[data-service="${id}"] a`)
      .evaluateAll((links) => links.map((link) => new URL((link as HTMLAnchorElement).href).searchParams.toString()));
    expect(hrefs.slice(0, 2)).toEqual([
      `${new URLSearchParams({ service: id })}`,
      `${new URLSearchParams({ service: id, dest: `${address}:${port}` })}`,
    ]);
  });

  test('rows come and go without pushing anything about', async () => {
    const shift = await page.evaluate(async () => {
      let sum = 0;
      // The library for DOM types knows no entries of this kind.
      const observer = new PerformanceObserver((entries) => {
        for (const entry of entries.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
      });
      observer.observe({ type: 'layout-shift', buffered: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
      return sum;
    });
    // web.dev, Cumulative Layout Shift: 0.1 and below is good.
    expect(shift).toBeLessThan(0.1);
  });

  test('1440 x 900 holds it without scrolling, 400 pixels without sideways scrolling, in both themes', async () => {
    for (const colorScheme of ['dark', 'light'] as const)
      for (const viewport of [WIDE, NARROW]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await page.waitForTimeout(300);
        const { clientHeight, scrollHeight, scrollWidth } = await page.evaluate(() => {
          const { clientHeight, scrollHeight, scrollWidth } = document.documentElement;
          return { clientHeight, scrollHeight, scrollWidth };
        });
        expect(scrollWidth).toBeLessThanOrEqual(viewport.width);
        if (viewport === WIDE) expect(scrollHeight).toBeLessThanOrEqual(clientHeight);
        await page.screenshot({ path: join(OUTPUT, `page-${viewport.width}-${colorScheme}.png`), fullPage: true });
      }
    await page.setViewportSize(WIDE);
  });

  test('in the past it says that the capture of then is not kept', async () => {
    const { history } = await rest<Status>('status');
    await page.goto(`${demo.url}/?at=${history?.from}`);
    await expect.poll(() => page.locator('.capture').textContent()).toContain('not kept');
    await expect.poll(() => page.locator('#sessions-live').textContent()).toMatch(/^\d+$/);
  });

  test('nothing complained, no other host was asked', () => {
    expect(complaints).toEqual([]);
  });

  test('where nothing is heard, it says what to do', async () => {
    const silent = await startFed();
    try {
      const { page: empty, show } = await watching(browser, silent.url, { viewport: WIDE });
      await show('/');
      for (const panel of ['routers', 'sync', 'services'])
        await expect.poll(() => empty.locator(`.${panel} .empty`).textContent()).toContain('lvscope doctor');
      await empty.close();
    } finally {
      await silent.stop();
    }
  });
});

/** A pair after two failovers, of which no load balancer is heard any more: what the bundled recording takes a minute to show. */
describe.skipIf(needs('chromium'))('the overview of a pair in trouble', () => {
  let monitor: FedMonitor;
  let browser: Browser;
  let page: Page;

  const list = async <Item>(path: string): Promise<Item[]> =>
    ((await (await fetch(`${monitor.url}/api/v1/${path}`)).json()) as { items: Item[] }).items;

  beforeAll(async () => {
    monitor = await startFed();
    browser = await openBrowser();
    const watched = await watching(browser, monitor.url, { viewport: WIDE });
    page = watched.page;
    await watched.show('/');
    const frames = framesOf('dr-v1-failover');
    monitor.feed(shifted(frames, frames.at(-1)));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await monitor?.stop();
  });

  test('what is wrong now is what REST lists, and opens by keyboard to what it means and what to do', async () => {
    const rows = page.locator('[data-anomaly]');
    await expect
      .poll(
        async () => {
          const raised = await list<Anomaly>('anomalies?check=raised');
          const shown = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-anomaly')));
          return (
            raised.some(({ kind }) => kind === 'vrrp.master_lost') && JSON.stringify(shown) === JSON.stringify(raised.map(({ id }) => id))
          );
        },
        { timeout: 30_000 },
      )
      .toBe(true);
    const [anomaly] = await list<Anomaly>('anomalies?check=raised');
    const row = page.locator(`[data-anomaly="${anomaly.id}"]`);
    expect(await row.locator('summary').textContent()).toContain(`${anomaly.severity} ${anomaly.text}`);
    await row.locator('summary').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => row.locator('details').evaluate((details) => (details as HTMLDetailsElement).open)).toBe(true);
    expect(await row.textContent()).toContain(`${anomaly.meaning}What to do: ${anomaly.advice}`);
    expect(await page.locator('#anomalies-title').textContent()).toMatch(new RegExp(`\\d ${anomaly.severity}`));
  });

  test('the last failover of a router leads to its report', async () => {
    const strip = page.locator('.strip .failover a').first();
    await strip.waitFor();
    const ids = (await list<Failover>('failovers')).map(({ id }) => `/failovers/${id}`);
    expect(ids).toContain(new URL((await strip.getAttribute('href')) ?? '', monitor.url).pathname);
  });
});
